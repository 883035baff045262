package demo

import (
	"strconv"
	"time"

	"github.com/sparekey/sparekey/internal/factor"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
)

// A Remark is something special about a person as they stand now.
type Remark struct{ Dutch, English string }

// In returns the remark in a language; any but Dutch gives English.
func (r Remark) In(l org.Language) string {
	if l == org.Dutch {
		return r.Dutch
	}
	return r.English
}

// Remarks returns what is special about a person: what they lack of a factor
// and all the backups, and what they have besides. Elsewhere says that the same address
// signs in to another organisation too.
func Remarks(st standing.Standing, elsewhere bool, now time.Time) []Remark {
	var found []Remark
	add := func(special bool, r Remark) {
		if special {
			found = append(found, r)
		}
	}
	left, mail := st.Codes.Left(), st.BackupEmail.Address != ""
	add(!st.MFA(), Remark{"geen MFA", "no MFA"})
	add(st.MFA() && left == 0 && !mail, Remark{"geen back-up", "no backup"})
	add(st.MFA() && left == 0 && mail, Remark{"geen back-upcodes", "no backup codes"})
	add(st.MFA() && left > 0 && !mail, Remark{"geen back-upmailadres", "no backup e-mail"})
	add(left == 1, Remark{"nog 1 back-upcode", "1 backup code left"})
	add(left > 1 && left < factor.FewBackupCodes, Remark{"nog " + strconv.Itoa(left) + " back-upcodes", strconv.Itoa(left) + " backup codes left"})
	add(len(st.Authenticators) > 1, Remark{strconv.Itoa(len(st.Authenticators)) + " authenticators", strconv.Itoa(len(st.Authenticators)) + " authenticators"})
	add(st.Suspension.Covers(now), Remark{"MFA tijdelijk uit", "MFA disabled for a time"})
	add(st.Member.Phone == "", Remark{"geen telefoonnummer bekend", "no phone number on file"})
	add(st.Status == standing.Replacing, Remark{"telefoon kwijt", "phone lost"})
	add(st.Status == standing.Frozen, Remark{"herstel bevroren", "recovery frozen"})
	add(st.Language() == org.English, Remark{"spreekt Engels", "speaks English"})
	add(elsewhere, Remark{"in twee organisaties", "in two organisations"})
	return found
}
