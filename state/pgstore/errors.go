package pgstore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"herald/state"
)

// SQLSTATE codes of PostgreSQL that mean something of their own here; see its
// manual, appendix A.
const (
	codeForeignKey      = "23503"
	codeSerialization   = "40001"
	codeDeadlock        = "40P01"
	codeUndefinedTable  = "42P01"
	codeUndefinedColumn = "42703"
	codeInvalidSchema   = "3F000"
	codePrivilege       = "42501"
	codeReadOnly        = "25006"
	codeUnsupported     = "0A000"
	codeDiskFull        = "53100"
	codeOutOfMemory     = "53200"
	codeConnections     = "53300"
	codePassword        = "28P01"
	codeAuthorization   = "28000"
	codeNoDatabase      = "3D000"
	codeShutdown        = "57P01"
	codeCrash           = "57P02"
	codeStarting        = "57P03"
	codeIdleTransaction = "25P03"
	codeProtocol        = "08P01"
	codePreparedTwice   = "42P05"
	codeNotPrepared     = "26000"
	codeCanceled        = "57014"
)

// code returns the SQLSTATE of a server's error, or "".
func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// lost reports whether the connection ended before the answer: whether a write
// was done is open then.
func lost(err error) bool {
	switch code(err) {
	case codeShutdown, codeCrash, codeStarting, codeIdleTransaction:
		return true
	case "":
	default:
		return false
	}
	var connect *pgconn.ConnectError
	var store *state.StoreError
	var format *state.FormatError
	switch {
	case errors.As(err, &connect), errors.As(err, &store), errors.As(err, &format):
		return false
	case errors.Is(err, state.ErrNoRecord), errors.Is(err, state.ErrLockLost), errors.Is(err, pgx.ErrNoRows), errors.Is(err, errEnded):
		return false
	}
	var network net.Error
	return errors.As(err, &network) || pgconn.SafeToRetry(err) || errors.Is(err, pgconn.ErrConnClosed) ||
		pgconn.Timeout(err) || brokenPipe(err)
}

// brokenPipe knows the errors of a stream that ended.
func brokenPipe(err error) bool {
	text := err.Error()
	return strings.Contains(text, "unexpected EOF") || strings.HasSuffix(text, "EOF") ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// transient reports whether a later attempt may succeed where this one did
// not.
func transient(err error) bool {
	switch code(err) {
	case codeShutdown, codeCrash, codeStarting, codeConnections, codeIdleTransaction, codeSerialization, codeDeadlock:
		return true
	case "":
	default:
		return false
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return !certificate(err)
	}
	return lost(err)
}

// certificate reports whether the error is about a certificate.
func certificate(err error) bool {
	problem, _ := certificateProblem(err)
	return problem != ""
}

// badSettings tells of settings that cannot be read. The text of the error
// could hold a password, so only what is known not to is told.
func (s *Store) badSettings(err error) error {
	what := "the connection settings cannot be understood"
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		// The text is: cannot parse `the settings`: what is wrong (why)
		text := parse.Error()
		if i := strings.LastIndex(text, "`: "); i >= 0 {
			text = text[i+len("`: "):]
			var unreadable *url.Error
			inner := errors.As(err, &unreadable) || s.o.URL != "" && !strings.HasPrefix(text, "failed to configure TLS")
			if i := strings.Index(text, " ("); i >= 0 && inner {
				text = text[:i]
			}
			what += ": " + text
		}
	}
	return &state.StoreError{
		Store: storeName, Location: s.unplaced(), Problem: what,
		Advice: "Look at HERALD_STATE_POSTGRES_URL, or at the PG* variables of the environment where it is not set. A URL looks like this:\n\n" +
			"  postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full\n\nIn a password, characters such as @ / : % are written as %40 %2F %3A %25.",
	}
}

// explain turns an error into one that a person understands. Errors that are
// part of the contract, and those of a context, stay as they are.
func (s *Store) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var store *state.StoreError
	var format *state.FormatError
	var conflict *state.ConflictError
	var claimed *state.ClaimedError
	var marked *state.MarkedError
	if errors.As(err, &store) || errors.As(err, &format) || errors.As(err, &conflict) || errors.As(err, &claimed) || errors.As(err, &marked) ||
		errors.Is(err, state.ErrNoRecord) || errors.Is(err, state.ErrLockLost) || errors.Is(err, errEnded) {
		return err
	}
	problem, advice := s.problem(err)
	return &state.StoreError{Store: storeName, Location: s.Location(), Problem: problem, Advice: advice + "\n\nNothing more was sent.", Err: err}
}

func (s *Store) problem(err error) (problem, advice string) {
	if problem, advice = s.serverProblem(err); problem != "" {
		return problem, advice
	}
	if problem, advice = certificateProblem(err); problem != "" {
		return problem, advice
	}
	var dns *net.DNSError
	switch {
	case errors.Is(err, pgconn.ErrReadOnlyConnection), errors.Is(err, pgconn.ErrStandbyConnection):
		return readOnly, findPrimary
	case errors.As(err, &dns):
		return fmt.Sprintf("the host %q is not known", dns.Name), "Look at the host name in HERALD_STATE_POSTGRES_URL or PGHOST, and at this machine's name service."
	case strings.Contains(err.Error(), "server refused TLS connection"):
		return "the server does not offer TLS, which sslmode demands", "Turn TLS on in the server (ssl = on). Only where the way to it is safe by itself, as on one machine, use sslmode=prefer or sslmode=disable."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: the connection was refused", "Is the server running, does it listen on that address (listen_addresses), and is the port right (PGPORT)?"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "there is no way to the host", "Look at this machine's network, and at whether the database may be reached from it."
	case errors.Is(err, syscall.ENOENT):
		return "the server's socket is not there", "Is the server running? Name its host with PGHOST if it is on another machine, or the folder of its socket."
	case pgconn.Timeout(err), errors.Is(err, context.DeadlineExceeded):
		return "the server did not answer in time", "Look at whether a firewall lies between, and whether host and port are right. PGCONNECT_TIMEOUT gives it more time, in seconds."
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return "no connection could be made", "Look at HERALD_STATE_POSTGRES_URL, or at the PG* variables of the environment."
	}
	return "the connection was lost, or the server gave an answer that is not understood", "Look at the server's log. When it is well again, run the command again: what was recorded is kept."
}

const (
	readOnly    = "the server is read-only: a standby, or one that is told so"
	findPrimary = "Connect to the primary server; with several hosts in PGHOST, PGTARGETSESSIONATTRS=read-write finds it. Or look at default_transaction_read_only of the role, the database and the server."
)

// serverProblem explains what the server itself said.
func (s *Store) serverProblem(err error) (problem, advice string) {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return "", ""
	}
	user, db := "the user", "the database"
	if c, err := s.parsed(); err == nil {
		user, db = fmt.Sprintf("the user %q", c.User), fmt.Sprintf("the database %q", database(c))
	}
	if e.Code == codeUnsupported && strings.HasPrefix(e.File, "guc") {
		return readOnly, findPrimary // a standby begins no transaction that writes
	}
	switch e.Code {
	case codePassword:
		return "the server does not accept the password of " + user, "Look at the password in HERALD_STATE_POSTGRES_URL, PGPASSWORD or .pgpass."
	case codeAuthorization:
		return "the server does not let in " + user + " from here", "Its pg_hba.conf decides who may connect from where, and whether TLS is needed (sslmode=require); perhaps the role does not exist or may not log in."
	case codeNoDatabase:
		return db + " does not exist", "Make it, or name another with PGDATABASE or in HERALD_STATE_POSTGRES_URL:\n\n  createdb --encoding=UTF8 --template=template0 herald"
	case codePrivilege:
		return user + " lacks a right: " + e.Message, s.rights()
	case codeReadOnly:
		return readOnly, findPrimary
	case codeDiskFull:
		return "the server's disk is full", "Make room on it. What was recorded is kept."
	case codeOutOfMemory:
		return "the server has no memory left", "Look at the server's log and settings, and run the command again."
	case codeConnections:
		return "the server takes no further connection", "A run uses up to five. Raise max_connections, or end what does not need its connection."
	case codeShutdown, codeCrash, codeStarting:
		return "the server is starting or stopping", "Wait until it accepts connections, and run the command again: what was recorded is kept."
	case codeUndefinedTable, codeUndefinedColumn, codeInvalidSchema:
		return fmt.Sprintf("the schema %s does not hold Herald's tables as they should be", s.schema), "Name another schema, or restore this one from a backup."
	case codePreparedTwice, codeNotPrepared:
		return "a connection pooler in front of the server gives one connection to several clients in turn (transaction mode), and does not keep their statements apart", "Connect to the server itself, or use a pooler in session mode: of PgBouncer, pool_mode = session."
	case codeCanceled:
		return "the server ended a statement before it was done: " + e.Message, "Look at statement_timeout of the role, the database and the server, or at who cancelled it. For Herald alone, raise it in HERALD_STATE_POSTGRES_URL or PGOPTIONS:\n\n  PGOPTIONS='-c statement_timeout=10min'"
	case codeProtocol:
		return "the server, or a connection pooler in front of it, does not take the connection", "Connect to the server itself, or use a pooler in session mode."
	}
	if strings.HasPrefix(e.Code, "XX") || strings.HasPrefix(e.Code, "58") {
		return "the server reports damage or a failing disk", "Look at the server's log before anything else."
	}
	return "the server refused a statement", "Look at the server's log. If it cannot be explained from there, report it together with the text above."
}

// rights says which rights are needed.
func (s *Store) rights() string {
	name, db := "herald", "herald"
	if c, err := s.parsed(); err == nil {
		name, db = c.User, database(c)
	}
	role, on := pgx.Identifier{name}.Sanitize(), pgx.Identifier{db}.Sanitize()
	return fmt.Sprintf("Either let Herald make its schema:\n\n  GRANT CREATE ON DATABASE %[3]s TO %[2]s;\n\nor let an administrator make it, as docs/stores.md says, and give these rights:\n\n"+
		"  GRANT USAGE ON SCHEMA %[1]s TO %[2]s;\n  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %[1]s TO %[2]s;\n\nTo look only, USAGE and SELECT are enough.", s.schema, role, on)
}

// certificateProblem explains why a certificate was not accepted, or returns "".
func certificateProblem(err error) (problem, advice string) {
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var roots x509.SystemRootsError
	var verify *tls.CertificateVerificationError
	var alert tls.AlertError
	switch {
	case errors.As(err, &host):
		return "the server's certificate is not for this host: " + host.Error(), "Connect with a name that the certificate has. sslmode=verify-ca checks only who issued it."
	case errors.As(err, &unknown):
		return "the server's certificate was issued by an authority that this machine does not trust", "Name the file of that authority's certificate with PGSSLROOTCERT (sslrootcert in the URL)."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the server's certificate has expired, or is not valid yet: " + invalid.Detail, "Renew it, and look at the clocks of both machines."
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "the server's certificate is not valid", "Renew it; the text above says what is wrong with it."
	case errors.As(err, &roots):
		return "the certificates that this machine trusts cannot be read", "Install the package ca-certificates, or name a file with PGSSLROOTCERT."
	case errors.As(err, &alert):
		return "the server does not accept this side of the TLS connection: " + alert.Error(), "Look at the client's certificate (PGSSLCERT, PGSSLKEY) and at which TLS versions the server takes."
	}
	return "", ""
}
