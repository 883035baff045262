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

// migrations returns what brings a schema up to date.
func migrations(e engine, db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(schema, "schema")
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	provider, err := goose.NewProvider(e.dialect, db, files,
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true), goose.WithTableName("schema_versions"))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return provider, nil
}

// migrate brings the schema up to date, or returns a *NewerError.
func migrate(ctx context.Context, e engine, db *sql.DB) error {
	provider, err := migrations(e, db)
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
