package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"
)

// cmdStored does to a record of the script's store what befalls it: keep makes a
// copy, lose takes it out, back puts the copy in its place.
func cmdStored(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2 && slices.Contains([]string{"keep", "lose", "back"}, args[0]), "stored keep|lose|back RECORD")
	s := stageOf(ts)
	switch {
	case s.records != nil:
		s.records.befall("/"+args[1], args[0])
	case ts.Getenv("SCHEMA") != "":
		ts.Check(befallRows(ts.Getenv("HERALD_STATE_POSTGRES_URL"), ts.Getenv("SCHEMA"), args[1], args[0]))
	case ts.Getenv("S3") != "":
		ts.Check(befallObject(ts.Getenv("S3")+"/records/"+args[1]+".json", args[0]))
	default:
		ts.Fatalf("the script has no store but its folder")
	}
}

func (s *recordServer) befall(path, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch what {
	case "keep":
		s.kept = s.records[path]
	case "lose":
		delete(s.records, path)
	case "back":
		s.records[path] = s.kept
	}
}

// befallRows does it in PostgreSQL.
func befallRows(url, schema, record, what string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	// As a disk that is lost, or restored, it asks no trigger of Herald's.
	if _, err := conn.Exec(ctx, "SET session_replication_role = replica"); err != nil {
		return err
	}
	for _, table := range []string{"entries", "records"} {
		name := pgx.Identifier{schema, table}.Sanitize()
		kept := pgx.Identifier{"public", schema + "_" + record + "_" + table}.Sanitize()
		of := " WHERE record = '" + record + "'"
		list := []string{"DELETE FROM " + name + of}
		switch what {
		case "keep":
			list = []string{"DROP TABLE IF EXISTS " + kept, fmt.Sprintf("CREATE TABLE %s AS SELECT * FROM %s", kept, name) + of}
		case "back":
			list = append(list, fmt.Sprintf("INSERT INTO %s SELECT * FROM %s", name, kept))
		}
		for _, sql := range list {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
	}
	return nil
}

// befallObject does it in a bucket.
func befallObject(object, what string) error {
	kept := object + ".kept"
	switch what {
	case "keep":
		body, err := ask(http.MethodGet, object, nil)
		if err == nil {
			_, err = ask(http.MethodPut, kept, body)
		}
		return err
	case "lose":
		_, err := ask(http.MethodDelete, object, nil)
		return err
	}
	body, err := ask(http.MethodGet, kept, nil)
	if err == nil {
		_, err = ask(http.MethodPut, object, body)
	}
	return err
}

func ask(method, address string, body []byte) ([]byte, error) {
	request, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err = io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %s", method, address, answer.Status)
	}
	return body, err
}
