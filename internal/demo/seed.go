package demo

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/sparekey/sparekey/internal/audit"
	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/password"
	"github.com/sparekey/sparekey/internal/standing"
)

// A Store is where the people go.
type Store interface {
	CreateOrganisation(ctx context.Context, o org.Organisation, first org.Member, d standing.Decision) error
	AddMember(ctx context.Context, m org.Member, d standing.Decision) error
	AddTeam(ctx context.Context, t org.Team) error
	AddSupervisor(ctx context.Context, t org.TeamID, m org.MemberID) error
}

// A Hasher hashes the password and the backup codes.
type Hasher interface {
	Hash(ctx context.Context, a password.Asker, typed string, like standing.PasswordHash) (standing.PasswordHash, error)
	Salt() ([]byte, error)
	Derive(ctx context.Context, a password.Asker, secret, salt []byte) ([]byte, error)
}

// A Seeder puts everybody into an empty store. Fill in every field.
type Seeder struct {
	Store  Store
	Hasher Hasher
	Now    time.Time
	Random io.Reader
	NewID  func() string
}

// What happened before the demo began.
const (
	founded   = 400 * 24 * time.Hour // organisations were made
	joined    = 200 * 24 * time.Hour // passwords were set, factors set up
	lastInUse = 20 * time.Hour       // authenticators were used
	suspended = 2 * time.Hour        // MFA was disabled for somebody
)

// Seed puts everybody into the store. The password and the backup codes are
// hashed once, for all.
func (s Seeder) Seed(ctx context.Context) error {
	know, err := s.hash(ctx)
	if err != nil {
		return fmt.Errorf("seed the demo: %w", err)
	}
	for _, o := range Organisations() {
		if err := s.organisation(ctx, o, know); err != nil {
			return fmt.Errorf("seed %s: %w", o.Name, err)
		}
	}
	return nil
}

// A knowledge is what everybody shares, hashed.
type knowledge struct {
	password standing.PasswordHash
	salt     []byte
	codes    [factor.BackupCodes][]byte
}

func (s Seeder) hash(ctx context.Context) (knowledge, error) {
	var k knowledge
	var failed error
	if k.salt, failed = s.Hasher.Salt(); failed != nil {
		return k, failed
	}
	var mu sync.Mutex
	var hashing sync.WaitGroup
	side := func(hash func() error) {
		hashing.Go(func() {
			if err := hash(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = err
			}
		})
	}
	side(func() (err error) {
		k.password, err = s.Hasher.Hash(ctx, password.Asker{}, Password, "")
		return err
	})
	for i := range k.codes {
		side(func() (err error) {
			k.codes[i], err = s.Hasher.Derive(ctx, password.Asker{}, []byte(BackupCode(i+1)), k.salt)
			return err
		})
	}
	hashing.Wait()
	return k, failed
}

func (s Seeder) organisation(ctx context.Context, made Organisation, know knowledge) error {
	o := org.Organisation{
		ID: org.OrganisationID(s.NewID()), Name: made.Name, Kind: made.Kind, Plan: made.Plan, KvK: made.KvK,
		Language: org.Dutch, Created: s.Now.Add(-founded),
	}
	if made.Remembers {
		o.RememberFrom = o.Created
	}
	teams := make(map[string]org.TeamID)
	var founder org.MemberID
	for i, p := range made.People {
		m := s.member(o, p)
		if i == 0 {
			founder = m.ID
		}
		d, err := s.enrolled(o, m, p, know)
		if err != nil {
			return err
		}
		if p.Suspended {
			d = s.suspend(d, m, founder)
		}
		if i == 0 {
			// The founder comes with the organisation, so before any team.
			err = s.found(ctx, o, m, d, made.Teams, teams)
		} else {
			m.Team = teams[p.Team]
			err = s.Store.AddMember(ctx, m, d)
		}
		if err == nil && p.Supervises {
			err = s.Store.AddSupervisor(ctx, teams[p.Team], m.ID)
		}
		if err != nil {
			return fmt.Errorf("add %s: %w", p.Name, err)
		}
	}
	return nil
}

func (s Seeder) found(ctx context.Context, o org.Organisation, first org.Member, d standing.Decision, names []string, teams map[string]org.TeamID) error {
	d.Events = append([]audit.Event{{
		Kind: audit.OrganisationCreated, At: o.Created, Organisation: o.ID, Actor: audit.Actor{Kind: audit.Operator}, Subject: first.ID,
	}}, d.Events...)
	if err := s.Store.CreateOrganisation(ctx, o, first, d); err != nil {
		return err
	}
	for _, name := range names {
		teams[name] = org.TeamID(s.NewID())
		if err := s.Store.AddTeam(ctx, org.Team{ID: teams[name], Organisation: o.ID, Name: name}); err != nil {
			return err
		}
	}
	return nil
}

func (s Seeder) member(o org.Organisation, p Person) org.Member {
	return org.Member{
		ID: org.MemberID(s.NewID()), Organisation: o.ID, Name: p.Name, Email: p.Email, Phone: p.Phone, Language: p.Language,
		State: org.Active, Stored: p.Stored, Created: s.Now.Add(-founded),
	}
}

// enrolled is the decision that gives a person what they prove with.
func (s Seeder) enrolled(o org.Organisation, m org.Member, p Person, know knowledge) (standing.Decision, error) {
	at := s.Now.Add(-joined)
	event := func(kind audit.Kind) audit.Event {
		return audit.Event{Kind: kind, At: at, Organisation: o.ID, Subject: m.ID, Actor: audit.Actor{Kind: audit.Member, Member: m.ID}}
	}
	d := standing.Decision{Events: []audit.Event{event(audit.InvitationAccepted)}}
	d = d.And(standing.SetPassword{Password: standing.Password{Hash: know.password, Set: at, Long: true}})
	if len(p.Authenticators) == 0 {
		return d, nil
	}
	d = d.And(standing.SetMFA{Since: at})
	d.Events = append(d.Events, event(audit.MFAOn))
	for i, name := range p.Authenticators {
		secret, err := factor.NewSecret(s.Random)
		if err != nil {
			return standing.Decision{}, err
		}
		added, used := at.Add(time.Duration(i)*time.Hour), s.Now.Add(-lastInUse)
		d = d.And(standing.AddAuthenticator{Authenticator: factor.Authenticator{
			ID: factor.AuthenticatorID(s.NewID()), Name: name, Secret: secret, Added: added, PowersFrom: added,
			LastUsed: used, LastStep: factor.Step(used),
		}})
	}
	if p.Codes > 0 {
		d = d.And(standing.SetCodes{Set: s.codes(p.Codes, know), At: at})
	}
	if p.BackupEmail != "" {
		d = d.And(standing.SetBackupEmail{BackupEmail: factor.BackupEmail{Address: p.BackupEmail, Confirmed: at, UsableFrom: at}})
	}
	return d, nil
}

// suspend adds that MFA was disabled for a day by somebody.
func (s Seeder) suspend(d standing.Decision, m org.Member, by org.MemberID) standing.Decision {
	actor := audit.Actor{Kind: audit.Member, Member: by}
	given := standing.Suspension{Since: s.Now.Add(-suspended), Until: s.Now.Add(-suspended + 24*time.Hour), By: actor}
	d.Events = append(d.Events, audit.Event{
		Kind: audit.MFASuspended, At: given.Since, Organisation: m.Organisation, Subject: m.ID, Actor: actor, Reason: "not-at-hand",
		Facts: map[string]string{"until": given.Until.UTC().Format(time.RFC3339), "verified": "in-person"},
	})
	return d.And(standing.SetSuspension{Suspension: given})
}

// codes is the set of ten of which the last left are not spent.
func (s Seeder) codes(left int, know knowledge) factor.CodeSet {
	set := factor.CodeSet{Salt: know.salt}
	for i, hash := range know.codes {
		set.Codes = append(set.Codes, factor.StoredCode{
			ID: factor.BackupCodeID(s.NewID()), Hash: hash, Spent: i < factor.BackupCodes-left,
		})
	}
	return set
}
