package faults

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/store"
)

// cost is the least that the settings allow. Passwords were hashed long ago, for
// next to nothing: what is tried here is not how long a hash takes.
var (
	cost    = password.Cost{MemoryKiB: 7168, Passes: 5, Threads: 1}
	oldCost = password.Cost{MemoryKiB: 64, Passes: 1, Threads: 1}
)

// rightPassword is everybody's; one hash of it serves them all.
const rightPassword = "a loaf, a knife and 7 rolls"

// A person is a member as the tests play them. One goroutine plays a person.
type person struct {
	id     org.MemberID
	email  string
	backup string // address
	secret factor.Secret
	codes  []factor.BackupCode // that were not tried yet
	step   uint64              // the last one whose code was tried
}

// A knowledge is what everybody shares, hashed once.
type knowledge struct {
	codes []factor.BackupCode
	set   factor.CodeSet
	hash  standing.PasswordHash
}

var shared = sync.OnceValues(func() (knowledge, error) {
	ctx, hasher := context.Background(), password.NewHasher(cost, rand.Reader)
	var k knowledge
	var err, saltErr error
	k.codes, err = factor.NewBackupCodes(rand.Reader)
	k.set.Salt, saltErr = hasher.Salt()
	if err = errors.Join(err, saltErr); err != nil {
		return k, err
	}
	for n, code := range k.codes {
		hash, err := hasher.Derive(ctx, password.Asker{}, []byte(code), k.set.Salt)
		if err != nil {
			return k, err
		}
		k.set.Codes = append(k.set.Codes, factor.StoredCode{ID: factor.BackupCodeID(fmt.Sprint("code-", n)), Hash: hash})
	}
	k.hash, err = password.NewHasher(oldCost, rand.Reader).Hash(ctx, password.Asker{}, rightPassword, "")
	return k, err
})

// open opens the database from here. The program may be running.
func (i *installation) open() *store.Store {
	i.t.Helper()
	path := filepath.Join(i.folder, "master.key")
	master, err := secret.ReadMaster(path)
	if errors.Is(err, secret.ErrNoMaster) {
		if master, err = secret.NewMaster(rand.Reader); err == nil {
			err = master.Write(path)
		}
	}
	if err != nil {
		i.t.Fatal(err)
	}
	opened, err := store.Open(context.Background(), store.Options{
		Path: filepath.Join(i.folder, "sparekey.db"), DatabaseURL: i.url, Connections: 4, Master: master,
		Random: rand.Reader, NewID: newID, Now: time.Now,
	})
	if err != nil {
		i.t.Fatal(err)
	}
	return opened
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// monthAgo is when everybody set up what they have.
const monthAgo = 30 * 24 * time.Hour

// seed makes the bakery with so many people in it, besides its administrator,
// who is the first returned.
func (i *installation) seed(people int) []*person {
	i.t.Helper()
	know, err := shared()
	if err != nil {
		i.t.Fatal(err)
	}
	into := i.open()
	defer func() {
		if err := into.Close(); err != nil {
			i.t.Error(err)
		}
	}()
	since := time.Now().Add(-monthAgo)
	bakery := org.Organisation{
		ID: org.OrganisationID(newID()), Name: "Bakery", Kind: org.Customer, Plan: org.Free, KvK: "12345678", Language: org.English, Created: since,
	}
	var list []*person
	for n := range people + 1 {
		p := &person{
			id: org.MemberID(newID()), email: fmt.Sprintf("someone-%04d@faults.example", n), backup: fmt.Sprintf("home-of-%04d@faults.example", n),
			codes: know.codes,
		}
		if p.secret, err = factor.NewSecret(rand.Reader); err != nil {
			i.t.Fatal(err)
		}
		m := org.Member{
			ID: p.id, Organisation: bakery.ID, Name: fmt.Sprint("Someone ", n), Email: org.Email(p.email),
			Language: org.English, State: org.Active, Stored: org.Employee, Created: since,
		}
		if n == 0 {
			m.Stored = org.Administrator
			err = into.CreateOrganisation(context.Background(), bakery, m, know.enrolled(p, since))
		} else {
			err = into.AddMember(context.Background(), m, know.enrolled(p, since))
		}
		if err != nil {
			i.t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

// enrolled gives a person everything to sign in with.
func (k knowledge) enrolled(p *person, since time.Time) standing.Decision {
	return standing.Decision{Effects: []standing.Effect{
		standing.SetPassword{Password: standing.Password{Hash: k.hash, Set: since, Long: true}},
		standing.SetMFA{Since: since},
		standing.AddAuthenticator{Authenticator: factor.Authenticator{
			ID: factor.AuthenticatorID(newID()), Name: "Phone", Secret: p.secret, Added: since, PowersFrom: since,
		}},
		standing.SetCodes{Set: k.set, At: since},
		standing.SetBackupEmail{BackupEmail: factor.BackupEmail{Address: org.Email(p.backup), Confirmed: since, UsableFrom: since}},
	}}
}

// nextCode returns a code of the authenticator that was not tried yet and that
// the program takes for half a minute from now at least, if there is one.
func (p *person) nextCode() (code string, step uint64, ok bool) {
	now := factor.Step(time.Now())
	step = max(p.step+1, now)
	if step > now+1 {
		return "", 0, false
	}
	p.step = step
	return string(p.secret.Code(step)), step, true
}

// code is what the authenticator shows now.
func (p *person) code() string { return string(p.secret.Code(factor.Step(time.Now()))) }
