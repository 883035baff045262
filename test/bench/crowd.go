package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // fills up past the store

	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/store"
)

// First names and surnames as they are given in the Netherlands, in groups: those
// of the first are as frequent as a hundred of the last.
var (
	firstNames = [][]string{
		{"Johannes", "Maria", "Jan", "Anna", "Cornelis", "Johanna", "Hendrik", "Elisabeth"},
		{"Willem", "Catharina", "Pieter", "Daan", "Emma", "Sem", "Julia", "Lucas", "Mila", "Noah", "Sophie", "Mohammed", "Fatima", "Jeroen", "Sanne", "Joost"},
		{"Thijs", "Noor", "Bram", "Eva", "Sven", "Femke", "Ruben", "Lotte", "Tim", "Iris", "Koen", "Marieke", "José", "Zoë", "Chloé", "Jurre", "Fleur", "Yusuf", "Aylin", "Xander", "Quinten", "Zeynep", "Ömer", "Gijs", "Wendy"},
	}
	surnames = [][]string{
		{"de Jong", "Jansen", "de Vries", "van den Berg", "Bakker", "van Dijk", "Visser", "Janssen", "Smit", "Meijer"},
		{"de Boer", "Mulder", "de Groot", "Bos", "Vos", "Peters", "Hendriks", "van Leeuwen", "Dekker", "Brouwer", "de Wit", "Dijkstra", "Smits", "de Graaf", "van der Meer"},
		{"van der Linden", "Kok", "Jacobs", "de Haan", "Vermeulen", "van den Heuvel", "van der Veen", "van den Broek", "de Bruijn", "van der Heijden", "Schouten", "Willems", "van Vliet", "Hoekstra", "Maas", "Verhoeven", "Yılmaz", "Quak", "Zijlstra", "Uijtewaal", "'t Hart", "Çelik", "Exel"},
	}
)

// frequent returns places many names, each group's as often as it should be, and
// after them rare ones, which differ.
func frequent(groups [][]string, places int, random *mathrand.Rand) []string {
	var list []string
	for i, group := range groups {
		for _, name := range group {
			for range places / len(group) * []int{40, 30, 15}[i] / 100 {
				list = append(list, name)
			}
		}
	}
	syllables := []string{"ba", "ter", "wij", "kel", "sma", "hof", "ren", "dui", "vel", "gro", "zand", "pe", "lo", "mie", "no", "ra"}
	for len(list) < places {
		rare := ""
		for range 2 + random.IntN(2) {
			rare += syllables[random.IntN(len(syllables))]
		}
		list = append(list, strings.ToUpper(rare[:1])+rare[1:])
	}
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

const (
	namePlaces = 2003 // a prime: names and numbers have no rhythm in common
	crowdTeams = 200
)

// crowd seeds a database and fills it up to so many members of one organisation,
// of every kind, listed among the employees or not. A second call returns the same.
func (s *stage) crowd(ctx context.Context, engine string, members int, listed bool) (database, error) {
	name := fmt.Sprintf("%s-%d-%t", engine, members, listed)
	if d, ok := s.crowds[name]; ok {
		return d, nil
	}
	url := ""
	if engine == onPostgres {
		var err error
		if url, _, err = s.startPostgres(ctx); err != nil {
			return database{}, err
		}
	}
	d, err := s.seed(ctx, name, url)
	if err != nil {
		return database{}, err
	}
	began := time.Now()
	if err := fillUp(ctx, d, members, listed); err != nil {
		return database{}, fmt.Errorf("fill up %s: %w", name, err)
	}
	d.seeding = time.Since(began)
	if s.crowds == nil {
		s.crowds = make(map[string]database)
	}
	s.crowds[name] = d
	return d, nil
}

// The engines.
const (
	onSQLite   = "sqlite"
	onPostgres = "postgres"
)

// fillUp copies a member until there are so many, each with a name and an address
// of their own, and where listed has the directory take them in. It goes past the store, which
// saves one member at a time and durably.
func fillUp(ctx context.Context, d database, members int, listed bool) error {
	if err := d.open(ctx, func(opened *store.Store) error {
		for i := range crowdTeams {
			team := org.Team{ID: teamID(i), Organisation: d.cast.organisation, Name: fmt.Sprintf("Team %03d", i)}
			if err := opened.AddTeam(ctx, team); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	var indexes []index
	if err := d.bare(ctx, func(db *sql.DB) (err error) {
		if indexes, err = dropIndexes(ctx, db, d.url != ""); err != nil {
			return err
		}
		if err := copyMembers(ctx, db, members); err != nil || d.url == "" {
			return err
		}
		_, err = db.ExecContext(ctx, `ANALYZE`)
		return err
	}); err != nil {
		return err
	}
	if err := d.open(ctx, func(opened *store.Store) error {
		if !listed {
			return nil
		}
		_, err := opened.Relist(ctx, d.cast.organisation)
		return err
	}); err != nil {
		return err
	}
	return d.bare(ctx, func(db *sql.DB) error {
		for _, i := range indexes {
			if _, err := db.ExecContext(ctx, i.made); err != nil {
				return err
			}
		}
		if d.url == "" {
			return nil
		}
		_, err := db.ExecContext(ctx, `VACUUM ANALYZE`) // as a server does by itself in time
		return err
	})
}

// An index is one by its name, and the statement that makes it.
type index struct{ name, made string }

// dropIndexes drops the indexes that are no constraints: made at once afterwards
// they take a fraction of the time.
func dropIndexes(ctx context.Context, db *sql.DB, onServer bool) (list []index, err error) {
	statement := `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('members', 'directory') AND sql IS NOT NULL`
	if onServer {
		statement = `SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('members', 'directory') AND indexdef NOT LIKE '%UNIQUE%'`
	}
	rows, err := db.QueryContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var i index
		if err := rows.Scan(&i.name, &i.made); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		list = append(list, i)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	for _, i := range list {
		if _, err := db.ExecContext(ctx, `DROP INDEX `+i.name); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func teamID(i int) org.TeamID { return org.TeamID(fmt.Sprintf("team-%d", i)) }

// open opens the database as the server does.
func (d database) open(ctx context.Context, do func(*store.Store) error) error {
	master, err := secret.ReadMaster(filepath.Join(d.dataFolder, "master.key"))
	if err != nil {
		return err
	}
	opened, err := store.Open(ctx, store.Options{
		Path: filepath.Join(d.dataFolder, "sparekey.db"), DatabaseURL: d.url, Master: master,
		Random: rand.Reader, NewID: newID, Now: time.Now,
	})
	if err != nil {
		return err
	}
	return errors.Join(do(opened), opened.Close())
}

// bare opens the database past the store.
func (d database) bare(ctx context.Context, do func(*sql.DB) error) error {
	driver, address := "pgx", d.url
	if d.url == "" {
		driver, address = "sqlite", filepath.Join(d.dataFolder, "sparekey.db")
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if d.url == "" {
		err = hurried(ctx, db)
	}
	if err == nil {
		err = do(db)
	}
	return errors.Join(err, db.Close())
}

// copied are the columns in which a member's copies differ, by their number n and
// by their names f and l. Of a hundred, some are invited or deactivated, or have
// no MFA or no backup; few run things or have MFA disabled; one in five is in the
// first team.
var copied = map[string]string{
	"id":                     `'copy-' || n`,
	"name":                   `f.name || ' ' || l.name`,
	"email":                  `f.address || '.' || l.address || n || '@bench.example'`,
	"team_id":                `'team-' || (CASE WHEN n % 5 = 0 THEN 0 ELSE n % TEAMS END)`,
	"state":                  `CASE WHEN n % 47 = 1 THEN 'deactivated' WHEN n % 37 = 1 THEN 'invited' ELSE 'active' END`,
	"role":                   `CASE WHEN n % 5003 = 1 THEN 'administrator' ELSE 'employee' END`,
	"mfa_since":              `CASE WHEN n % 10 < 3 THEN 0 ELSE m.mfa_since END`,
	"backup_email":           `CASE WHEN n % 7 = 0 THEN '' ELSE m.backup_email END`,
	"backup_email_confirmed": `CASE WHEN n % 7 = 0 THEN 0 ELSE m.backup_email_confirmed END`,
	"suspended_since":        `CASE WHEN n % 1009 = 1 THEN NOW - 3600000 ELSE 0 END`,
	"suspended_until":        `CASE WHEN n % 1009 = 1 THEN NOW + 86400000 ELSE 0 END`,
}

// copyMembers copies a member until there are so many.
func copyMembers(ctx context.Context, db *sql.DB, members int) error {
	var has int
	if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM members`).Scan(&has); err != nil {
		return err
	}
	random := mathrand.New(mathrand.NewPCG(1, 2)) // the same names each time
	for table, groups := range map[string][][]string{"bench_first": firstNames, "bench_last": surnames} {
		if err := keepNames(ctx, db, table, frequent(groups, namePlaces, random)); err != nil {
			return err
		}
	}
	columns, err := columnsOf(ctx, db, "members")
	if err != nil {
		return err
	}
	taken := make([]string, len(columns))
	for i, column := range columns {
		taken[i] = cmp.Or(copied[column], "m."+column)
	}
	values := strings.NewReplacer("TEAMS", strconv.Itoa(crowdTeams), "NOW", strconv.FormatInt(time.Now().UnixMilli(), 10)).Replace(strings.Join(taken, ", "))
	_, err = db.ExecContext(ctx, fmt.Sprintf(`
		WITH RECURSIVE more (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM more WHERE n < %d)
		INSERT INTO members (%s)
		SELECT %s FROM more
			JOIN bench_first f ON f.place = n * 7919 %% %[4]d
			JOIN bench_last l ON l.place = (n / 7 + n * 104729) %% %[4]d
			CROSS JOIN (SELECT * FROM members WHERE email = 'signer-00000@bench.example') m`,
		members-has, strings.Join(columns, ", "), values, namePlaces))
	for _, table := range []string{"bench_first", "bench_last"} {
		_, dropped := db.ExecContext(ctx, `DROP TABLE `+table)
		err = errors.Join(err, dropped)
	}
	return err
}

// keepNames keeps names in a table of their own, with what they are in an address.
func keepNames(ctx context.Context, db *sql.DB, table string, names []string) error {
	if _, err := db.ExecContext(ctx, `CREATE TABLE `+table+` (place INTEGER PRIMARY KEY, name TEXT, address TEXT)`); err != nil {
		return err
	}
	for place, name := range names {
		address := strings.Join(org.Words(name), "")
		if _, err := db.ExecContext(ctx, `INSERT INTO `+table+` VALUES ($1, $2, $3)`, place, name, address); err != nil {
			return err
		}
	}
	return nil
}

// hurried has SQLite write without care for a crash.
func hurried(ctx context.Context, db *sql.DB) error {
	for _, setting := range []string{`PRAGMA journal_mode = MEMORY`, `PRAGMA synchronous = OFF`, `PRAGMA cache_size = -200000`} {
		if _, err := db.ExecContext(ctx, setting); err != nil {
			return err
		}
	}
	return nil
}

// columnsOf returns the names of a table's columns.
func columnsOf(ctx context.Context, db *sql.DB, table string) (names []string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT * FROM `+table+` LIMIT 0`)
	if err != nil {
		return nil, err
	}
	names, err = rows.Columns()
	return names, errors.Join(err, rows.Close())
}
