package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/secret"
	"github.com/sparekey/sparekey/internal/store"
)

// An opening says what a command expects of the database.
type opening int

// A command opens an installation as it is: its schema may be that of an older
// program that serves meanwhile. Only what is there to do so changes the schema.
const (
	mustExist opening = iota // as it is; where there is none it refuses
	toCopy                   // the same, of whatever schema, for a backup alone
	orMake                   // as it is; where there is none it is made
	upToDate                 // brought up to date; where there is none it is made
)

func (o opening) makes() bool { return o == orMake || o == upToDate }

// openStore opens the database with its master key. Only where there is no
// data yet is a new key made; data whose key is gone is left alone.
func openStore(ctx context.Context, c config.Config, now func() time.Time, expect opening) (secret.Master, *store.Store, error) {
	options := store.Options{
		Path: c.DatabaseFile(), DatabaseURL: string(c.DatabaseURL), Random: rand.Reader, NewID: newID, Now: now,
	}
	exists, err := store.Exists(ctx, options)
	if err != nil {
		return secret.Master{}, nil, err
	}
	if !exists && !expect.makes() {
		return secret.Master{}, nil, fmt.Errorf("there is no installation in %s yet: make one with sparekey org create", database(c))
	}
	if expect.makes() {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return secret.Master{}, nil, fmt.Errorf("the data folder cannot be made: %w", err)
		}
	}
	master, made, err := masterKey(c, exists)
	if err != nil {
		return secret.Master{}, nil, err
	}
	options.Master = master
	opened, err := expect.how(exists)(ctx, options)
	if errors.Is(err, secret.ErrWrongMaster) {
		if made {
			// Someone else made the installation in the meantime, under their own
			// key: ours has encrypted nothing.
			err = errors.Join(err, os.Remove(c.MasterKeyPath()))
		}
		return secret.Master{}, nil, fmt.Errorf("the master key in %s belongs to other data than there is in %s: %w", keyPlace(c), database(c), err)
	}
	return master, opened, inWords(err)
}

// how returns what opens the database.
func (o opening) how(exists bool) func(context.Context, store.Options) (*store.Store, error) {
	switch {
	case o == upToDate || !exists:
		return store.Open
	case o == toCopy:
		return store.OpenToCopy
	}
	return store.OpenAsItIs
}

// inWords adds to an error that a schema is too old what to do about it.
func inWords(err error) error {
	if older, ok := errors.AsType[*store.OlderError](err); ok {
		return fmt.Errorf("%w: nothing was changed; run sparekey migrate first, when no older program serves any more", older)
	}
	return err
}

// masterKey returns the key from the environment or its file. Where there is
// neither key nor data it makes one, and reports that.
func masterKey(c config.Config, exists bool) (key secret.Master, made bool, err error) {
	if c.MasterKey != "" {
		key, err = secret.ParseMaster([]byte(c.MasterKey))
		if err != nil {
			err = fmt.Errorf("%s: %w", config.MasterKeyVariable, err)
		}
		return key, false, err
	}
	key, err = secret.ReadMaster(c.MasterKeyPath())
	if !errors.Is(err, secret.ErrNoMaster) {
		return key, false, err
	}
	if exists {
		return key, false, fmt.Errorf("%w, and there is data in %s: put the key back there, or say where it is with --master-key-file", err, database(c))
	}
	if key, err = secret.NewMaster(rand.Reader); err != nil {
		return key, false, err
	}
	return key, true, key.Write(c.MasterKeyPath())
}

// keyPlace says where the master key came from.
func keyPlace(c config.Config) string {
	if c.MasterKey != "" {
		return config.MasterKeyVariable
	}
	return c.MasterKeyPath()
}

// database names the database. The address of a PostgreSQL database may hold a
// password, so it is not said.
func database(c config.Config) string {
	if c.DatabaseURL != "" {
		return "the PostgreSQL database"
	}
	return c.DatabaseFile()
}
