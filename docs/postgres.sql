CREATE SCHEMA herald;
CREATE TABLE herald.version (version integer NOT NULL);
CREATE TABLE herald.records (
	record  text COLLATE "C" PRIMARY KEY,
	lineage text NOT NULL,
	serial  bigint NOT NULL,
	sealed  boolean NOT NULL,
	head    bytea NOT NULL,
	entries bigint NOT NULL
);
CREATE TABLE herald.entries (
	record      text COLLATE "C" NOT NULL,
	address     text COLLATE "C" NOT NULL,
	revision    bigint NOT NULL,
	account     text COLLATE "C" NOT NULL,
	recipient   text COLLATE "C" NOT NULL,
	fingerprint text COLLATE "C" NOT NULL,
	message_id  text COLLATE "C" NOT NULL,
	plan_id     text COLLATE "C" NOT NULL,
	status      text COLLATE "C" NOT NULL,
	also_sent   boolean NOT NULL,
	change      bigint NOT NULL,
	follows     bigint,
	line        bytea NOT NULL,
	PRIMARY KEY (address, revision, record)
);
CREATE INDEX entries_record ON herald.entries (record);
CREATE INDEX entries_fingerprint ON herald.entries (fingerprint);
CREATE INDEX entries_conversation ON herald.entries (recipient, account);
CREATE INDEX entries_message_id ON herald.entries (message_id) WHERE message_id <> '';
CREATE INDEX entries_plan_id ON herald.entries (plan_id);
CREATE INDEX entries_open ON herald.entries (status) WHERE status IN ('intent', 'reacted') OR also_sent;
CREATE TABLE herald.sessions (
	record    text COLLATE "C" NOT NULL,
	session   text COLLATE "C" NOT NULL,
	exclusive boolean NOT NULL,
	nonce     text COLLATE "C" NOT NULL,
	holder    bytea NOT NULL,
	since     timestamptz NOT NULL,
	until     timestamptz NOT NULL,
	epoch     bigint NOT NULL DEFAULT 0,
	batch     bigint NOT NULL DEFAULT 0,
	entries   bigint NOT NULL DEFAULT 0 CONSTRAINT batch_is_whole CHECK (entries >= 0),
	PRIMARY KEY (record, session)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX sessions_exclusive ON herald.sessions (record) WHERE exclusive;
CREATE TABLE herald.claims (
	record    text COLLATE "C" NOT NULL,
	account   text COLLATE "C" NOT NULL,
	recipient text COLLATE "C" NOT NULL,
	session   text COLLATE "C" NOT NULL,
	PRIMARY KEY (record, account, recipient),
	FOREIGN KEY (record, session) REFERENCES herald.sessions ON DELETE CASCADE
);
CREATE INDEX claims_session ON herald.claims (record, session);
CREATE TABLE herald.paces (
	account text COLLATE "C" NOT NULL,
	lane    text COLLATE "C" NOT NULL,
	next    timestamptz NOT NULL,
	PRIMARY KEY (account, lane)
) WITH (fillfactor = 50);
ALTER TABLE herald.records ADD COLUMN home text NOT NULL DEFAULT '';
CREATE FUNCTION herald.keep_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF current_setting('herald_record.removes', true) = 'on' THEN
		RETURN NULL;
	END IF;
	RAISE EXCEPTION 'an entry says that something was sent, and what is deleted would be sent again'
		USING ERRCODE = 'restrict_violation', HINT = 'To delete a whole record for good: SET herald_record.removes = on';
END $$;
CREATE TRIGGER keep_entries BEFORE DELETE OR TRUNCATE ON herald.entries FOR EACH STATEMENT EXECUTE FUNCTION herald.keep_entries();
INSERT INTO herald.version VALUES (3);
