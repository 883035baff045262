package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"net"
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
		away:      postgresAway,
		undone:    postgresUndone,
	}
}

// Codes of PostgreSQL's appendix A.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	uniqueViolation      = "23505"
	readOnlyTransaction  = "25006" // on a standby
	idleInTransaction    = "25P03"
)

// awayClasses are the first two letters of the codes that say: not now.
var awayClasses = []string{
	"08", // the connection
	"53", // a full disk, too little memory, too many connections
	"57", // it shuts down, starts, or was told to stop
	"58", // the machine it runs on
}

func postgresAway(err error) bool {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return slices.Contains(awayClasses, failure.Code[:min(2, len(failure.Code))]) ||
			postgresCode(err, readOnlyTransaction, idleInTransaction)
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	return connecting || pgconn.Timeout(err) || pgconn.SafeToRetry(err)
}

// postgresUndone reports whether a commit was refused: by the server, which goes
// on serving the connection, or because it was never sent. A server that ends
// the connection may have committed first.
func postgresUndone(err error) bool {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	return ok && failure.SeverityUnlocalized == "ERROR" || errors.Is(err, pgx.ErrTxCommitRollback) || pgconn.SafeToRetry(err)
}

func postgresCode(err error, codes ...string) bool {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains(codes, failure.Code)
}

const (
	defaultConnections = 20
	fewestConnections  = 4 // preparing the database needs several at once
	idleConnection     = 5 * time.Minute
)

// How long a database may keep silent. A server that is gone for good says
// nothing at all; one that answers does so in milliseconds.
const (
	connectTime = 5 * time.Second // for each address, unless the URL says otherwise
	pingTime    = 2 * time.Second // of a connection that nobody has used for a while
	// abandonedTime is after which the server itself ends a transaction whose
	// client says nothing more: it may be gone, and holds locks.
	abandonedTime = "20s"
)

// silence finds out that the other end of a connection is gone.
var silence = net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}

// patient sets how long a database may keep silent.
func patient(config *pgx.ConnConfig) {
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, connectTime)
	config.DialFunc = (&net.Dialer{Timeout: config.ConnectTimeout, KeepAliveConfig: silence}).DialContext
	if _, set := config.RuntimeParams["idle_in_transaction_session_timeout"]; !set {
		config.RuntimeParams["idle_in_transaction_session_timeout"] = abandonedTime
	}
}

// needsPing looks whether a connection that was idle still answers, for
// pingTime at most. One that does not is closed by that, which is what a second
// ping says at once.
func needsPing(ctx context.Context, p stdlib.ShouldPingParams) bool {
	if p.IdleDuration <= time.Second {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	return p.Conn.Ping(ctx) != nil
}

func openPostgres(o Options) (pools, error) {
	config, err := pgx.ParseConfig(o.DatabaseURL)
	if err != nil {
		// The driver's own words may repeat the address.
		return pools{}, errors.New("the address of the PostgreSQL database cannot be read")
	}
	connections := max(cmp.Or(o.Connections, defaultConnections), fewestConnections)
	patient(config)
	db := stdlib.OpenDB(*config, stdlib.OptionShouldPing(needsPing))
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
