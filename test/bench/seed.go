package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/session"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/store"
)

// rightPassword is everybody's; one hash of it serves them all, because the
// server computes it anew for each of them anyway.
const rightPassword = "a loaf, a knife and 7 rolls"

// A cast is who is in a database, and what they sign in with. Whoever signs in
// is used once: an authenticator's code counts once in 30 seconds.
type cast struct {
	signers  []person
	wrong    []person // who mistype their password
	sessions []session.Token

	organisation org.OrganisationID
	ana          session.Token // of the administrator

	nextSigner, nextWrong int
}

// A person is a member as the bench plays them.
type person struct {
	email         string
	authenticator factor.Secret
	device        session.Token // of a browser that is known
}

// signer returns a member who has not signed in yet.
func (c *cast) signer() (person, error) {
	if c.nextSigner == len(c.signers) {
		return person{}, errors.New("too few members were seeded to sign in")
	}
	c.nextSigner++
	return c.signers[c.nextSigner-1], nil
}

// mistyper returns a member whose password was not mistyped yet.
func (c *cast) mistyper() (person, error) {
	if c.nextWrong == len(c.wrong) {
		return person{}, errors.New("too few members were seeded to mistype")
	}
	c.nextWrong++
	return c.wrong[c.nextWrong-1], nil
}

// seed makes a database in a folder of its own, with its master key beside it.
func (s *stage) seed(ctx context.Context, name, url string) (database, error) {
	d := database{dataFolder: filepath.Join(s.folder, name), url: url}
	if err := os.Mkdir(d.dataFolder, 0o700); err != nil {
		return database{}, err
	}
	master, err := secret.NewMaster(rand.Reader)
	if err != nil {
		return database{}, err
	}
	if err := master.Write(filepath.Join(d.dataFolder, "master.key")); err != nil {
		return database{}, err
	}
	opened, err := store.Open(ctx, store.Options{
		Path: filepath.Join(d.dataFolder, "sparekey.db"), DatabaseURL: url, Master: master,
		Random: rand.Reader, NewID: newID, Now: time.Now,
	})
	if err != nil {
		return database{}, err
	}
	d.cast, err = fill(ctx, opened)
	if err = errors.Join(err, opened.Close()); err != nil {
		return database{}, fmt.Errorf("seed %s: %w", name, err)
	}
	return d, nil
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// A filling is a database being seeded.
type filling struct {
	into         *store.Store
	organisation org.OrganisationID
	hash         standing.PasswordHash
	now          time.Time
}

// fill keeps one organisation with everybody in it.
func fill(ctx context.Context, into *store.Store) (*cast, error) {
	hash, err := password.NewHasher(password.DefaultCost, rand.Reader).Hash(ctx, password.Asker{}, rightPassword, "")
	if err != nil {
		return nil, err
	}
	now := time.Now()
	f := filling{into: into, organisation: org.OrganisationID(newID()), hash: hash, now: now}
	first := f.member("ana@bench.example")
	first.Stored = org.Administrator
	bakery := org.Organisation{
		ID: f.organisation, Name: "Bakery", Kind: org.Customer, Plan: org.Free, KvK: "12345678",
		Language: org.English, Created: now.Add(-monthAgo),
	}
	c := &cast{organisation: f.organisation}
	if c.ana, err = session.NewToken(rand.Reader); err != nil {
		return nil, err
	}
	if err := into.CreateOrganisation(ctx, bakery, first, standing.Decision{Effects: []standing.Effect{
		standing.SetMFA{Since: now.Add(-monthAgo)}, f.session(c.ana)(first.ID),
	}}); err != nil {
		return nil, err
	}
	for i := range signInMembers {
		p, err := f.add(ctx, fmt.Sprintf("signer-%05d@bench.example", i))
		if err != nil {
			return nil, err
		}
		c.signers = append(c.signers, p)
	}
	for i := range wrongMembers {
		p, err := f.add(ctx, fmt.Sprintf("someone-%05d@bench.example", i))
		if err != nil {
			return nil, err
		}
		c.wrong = append(c.wrong, p)
	}
	for i := range sessions {
		token, err := session.NewToken(rand.Reader)
		if err != nil {
			return nil, err
		}
		if _, err := f.add(ctx, fmt.Sprintf("visitor-%05d@bench.example", i), f.session(token)); err != nil {
			return nil, err
		}
		c.sessions = append(c.sessions, token)
	}
	return c, nil
}

// monthAgo is when everybody set up what they have.
const monthAgo = 30 * 24 * time.Hour

func (f filling) member(email string) org.Member {
	return org.Member{
		ID: org.MemberID(newID()), Organisation: f.organisation, Name: "Someone of the Bakery", Email: org.Email(email),
		Language: org.English, State: org.Active, Stored: org.Employee, Created: f.now.Add(-monthAgo),
	}
}

// add keeps a member as whoever has set up everything: password, authenticator,
// ten backup codes, backup e-mail, a known browser.
func (f filling) add(ctx context.Context, email string, also ...func(org.MemberID) standing.Effect) (person, error) {
	authenticator, err := factor.NewSecret(rand.Reader)
	if err != nil {
		return person{}, err
	}
	device, err := session.NewToken(rand.Reader)
	if err != nil {
		return person{}, err
	}
	m, since := f.member(email), f.now.Add(-monthAgo)
	effects := []standing.Effect{
		standing.SetPassword{Password: standing.Password{Hash: f.hash, Set: since, Long: true}},
		standing.SetMFA{Since: since},
		standing.AddAuthenticator{Authenticator: factor.Authenticator{
			ID: factor.AuthenticatorID(newID()), Name: "Phone", Secret: authenticator, Added: since, PowersFrom: since,
		}},
		standing.SetCodes{Set: codes(), At: since},
		standing.SetBackupEmail{BackupEmail: factor.BackupEmail{
			Address: org.Email("home-of-" + email), Confirmed: since, UsableFrom: since,
		}},
		standing.KnowDevice{Device: session.Device{
			ID: device.Hash(), Member: m.ID, Created: since, Expires: f.now.Add(session.DeviceLifetime),
		}},
	}
	for _, effect := range also {
		effects = append(effects, effect(m.ID))
	}
	err = f.into.AddMember(ctx, m, standing.Decision{Effects: effects})
	return person{email: email, authenticator: authenticator, device: device}, err
}

// session returns how a member gets a session that outlives the run.
func (f filling) session(token session.Token) func(org.MemberID) standing.Effect {
	return func(m org.MemberID) standing.Effect {
		return standing.OpenSession{Session: session.Session{
			ID: token.Hash(), Member: m, Created: f.now, LastUsed: f.now, Ends: f.now.Add(session.DefaultAbsolute), Idle: session.DefaultIdle,
			CameBy: session.ByFactor, Reach: session.Everything, PasswordProved: f.now, FactorProved: f.now, PowersFrom: f.now,
			Origin: audit.Origin{Address: "127.0.0.1", Browser: "Firefox on Linux"},
		}}
	}
}

// codes returns a set that nobody has: hashes of the right length.
func codes() factor.CodeSet {
	set := factor.CodeSet{Salt: random(16)}
	for i := range factor.BackupCodes {
		set.Codes = append(set.Codes, factor.StoredCode{ID: factor.BackupCodeID(fmt.Sprintf("code-%d", i)), Hash: random(32)})
	}
	return set
}

// random returns size bytes.
func random(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.Read(b) // never fails
	return b
}
