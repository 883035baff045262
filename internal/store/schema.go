package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed schema/*.sql
var schema embed.FS

// A NewerError says that a newer release has written the database. This one
// must not touch it.
type NewerError struct {
	Database int64 // version of the database's schema
	Known    int64 // the newest version this program knows
}

// Error says which versions.
func (e *NewerError) Error() string {
	return fmt.Sprintf("the database has schema version %d, this program knows versions up to %d: use the newer program", e.Database, e.Known)
}

// An OlderError says that an older release has written the database, and that
// this one must bring it up to date before it can read it.
type OlderError struct {
	Database int64 // version of the database's schema
	Needed   int64 // the version this program reads
}

// Error says which versions.
func (e *OlderError) Error() string {
	return fmt.Sprintf("the database has schema version %d, this program reads version %d", e.Database, e.Needed)
}

// releaseSchema returns the schema of this release.
func releaseSchema() (fs.FS, error) {
	files, err := fs.Sub(schema, "schema")
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return files, nil
}

// schemaVersion returns the version of a database's schema; 0: no release has
// finished one.
func schemaVersion(ctx context.Context, db *sql.DB) (has int64, err error) {
	err = db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM schema_versions`).Scan(&has)
	if err != nil {
		return 0, fmt.Errorf("version of the schema: %w", err)
	}
	return has, nil
}

// newestVersion returns the newest version that files lead to.
func newestVersion(e engine, db *sql.DB, files fs.FS) (int64, error) {
	provider, err := migrations(e, db, files)
	if err != nil {
		return 0, err
	}
	sources := provider.ListSources()
	return sources[len(sources)-1].Version, nil
}

// migrations returns what brings a schema up to date.
func migrations(e engine, db *sql.DB, files fs.FS) (*goose.Provider, error) {
	provider, err := goose.NewProvider(e.dialect, db, files,
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true), goose.WithTableName("schema_versions"))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return provider, nil
}

// migrate brings the schema up to date, or returns a *NewerError.
func migrate(ctx context.Context, e engine, db *sql.DB, files fs.FS) error {
	provider, err := migrations(e, db, files)
	if err != nil {
		return err
	}
	has, knows, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if has > knows {
		return &NewerError{Database: has, Known: knows}
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
