package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

func postgres() engine {
	return engine{
		dialect:   goose.DialectPostgres,
		writing:   &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		reading:   &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		hasTable:  `SELECT to_regclass($1) IS NOT NULL`,
		bytes:     "BYTEA",
		brief:     `SET LOCAL idle_in_transaction_session_timeout = '5s'`,
		alone:     underLock,
		conflict:  func(err error) bool { return postgresCode(err, serializationFailure, deadlockDetected) },
		duplicate: func(err error) bool { return postgresCode(err, uniqueViolation) },
	}
}

// Codes of PostgreSQL's appendix A.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	uniqueViolation      = "23505"
)

func postgresCode(err error, codes ...string) bool {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains(codes, failure.Code)
}

const (
	defaultConnections = 20
	fewestConnections  = 4 // preparing the database needs several at once
	idleConnection     = 5 * time.Minute
)

func openPostgres(o Options) (pools, error) {
	config, err := pgx.ParseConfig(o.DatabaseURL)
	if err != nil {
		// The driver's own words may repeat the address.
		return pools{}, errors.New("the address of the PostgreSQL database cannot be read")
	}
	connections := max(cmp.Or(o.Connections, defaultConnections), fewestConnections)
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxIdleTime(idleConnection)
	return pools{read: db, write: db}, nil
}

// prepareLock is the advisory lock of whoever prepares the database: "sparekey"
// in ASCII.
const prepareLock int64 = 0x73706172656b6579

// underLock holds an advisory lock meanwhile. It is the session's: it ends with
// the connection, however that ends.
func underLock(ctx context.Context, p pools, prepare func() error) (err error) {
	holder, err := p.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, holder.Close()) }()
	if _, err := holder.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, prepareLock); err != nil {
		return err
	}
	defer func() {
		_, unlock := holder.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, prepareLock)
		err = errors.Join(err, unlock)
	}()
	return prepare()
}
