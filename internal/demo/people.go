package demo

import (
	"fmt"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
)

// Password is the one that everybody shares.
const Password = "warm-brood-om-zes-uur"

// BackupCode returns the n-th backup code, from 1 to factor.BackupCodes, that
// everybody shares: DEM0 DEM0 DEM0 0001 and so on.
func BackupCode(n int) factor.BackupCode {
	return factor.BackupCode(fmt.Sprintf("DEM0DEM0DEM0%04d", n))
}

// The organisations of the demo.
const (
	Bakery = "Bakkerij De Korenaar"
	Garden = "Buurttuin De Zonnebloem"
	Desk   = "Helpdesk Aanmelden"
)

// An Organisation is one that is made up.
type Organisation struct {
	Name   string
	Kind   org.Kind
	Plan   org.Plan
	KvK    org.KvK
	Teams  []string
	People []Person // the first one founded it, and is in no team
	// Remembers says that it allows remembered devices.
	Remembers bool
}

// A Person is someone who is made up.
type Person struct {
	Name           string
	Email          org.Email
	Phone          string
	Language       org.Language // empty: their organisation's
	Team           string       // empty: in none
	Stored         org.Role
	Supervises     bool     // their team
	Authenticators []string // their names; none: MFA is off
	Codes          int      // backup codes left; 0: there is no set
	BackupEmail    org.Email
	// Suspended says that whoever founded the organisation disabled MFA for a time,
	// as the phone is not at hand.
	Suspended bool
	NoPhone   bool // there is no telephone number on file
}

// Organisations returns everybody.
func Organisations() []Organisation {
	return []Organisation{
		{Bakery, org.Customer, org.Free, "00000001", []string{"Bakkerij", "Winkel", "Bezorging", "Kantoor"}, bakers(), true},
		{Garden, org.Customer, org.Free, "00000002", nil, gardeners(), false},
		{Desk, org.Desk, org.Free, "00000003", nil, helpers(), false},
	}
}

// bakers returns the 24 people of the bakery.
func bakers() []Person {
	const (
		bakery, shop, delivery, office = "Bakkerij", "Winkel", "Bezorging", "Kantoor"
	)
	people := []Person{
		ready("Eva de Boer", "").as(org.Administrator),
		ready("Thijs van Dam", office).as(org.Administrator),
		ready("Marieke Jansen", office).leading(),
		ready("Bram Smit", office),

		ready("Willem Bakker", bakery).leading(),
		ready("Daan Visser", bakery),
		ready("Sanne Mulder", bakery),
		ready("Youssef Amrani", bakery).with("Telefoon", "Tablet"),
		ready("Pieter Hoekstra", bakery).withCodes(1),
		ready("Emily Carter", bakery).speaking(org.English),
		ready("Lotte Vos", bakery).without(),
		ready("Ruben Kok", bakery).withoutBackup(),

		ready("Anja Peters", shop).leading(),
		ready("Fatima El Idrissi", shop),
		ready("Sophie Meijer", shop),
		ready("Jeroen Dekker", shop).without(),
		ready("Nina Postma", shop).without(),
		ready("Iris van Leeuwen", shop).withoutBackup(),
		ready("Kees Brouwer", shop).withoutEmail(),

		ready("Henk Schouten", delivery).leading(),
		ready("Mohammed Yilmaz", delivery).withoutNumber(),
		ready("Tessa Kuipers", delivery).without(),
		ready("Lars Willems", delivery).withoutCodes().suspended(),

		noor(),
	}
	return numbered(people, "korenaar.example", 0)
}

// noor is in the bakery and in the garden, with one address and password.
func noor() Person {
	p := ready("Noor Hendriks", "Winkel")
	p.Email = "noor.hendriks@post.example"
	p.BackupEmail = "noor.reserve@thuis.example"
	return p
}

func gardeners() []Person {
	founder := noor().as(org.Administrator)
	founder.Team = ""
	return numbered([]Person{founder, ready("Gerda Blom", ""), ready("Otto Wit", "").without()}, "zonnebloem.example", 30)
}

func helpers() []Person {
	return numbered([]Person{
		ready("Joke Prins", "").as(org.Lead),
		ready("Samir Bouzid", "").as(org.Agent),
		ready("Linda Groen", "").as(org.Agent),
	}, "helpdesk.example", 60)
}
