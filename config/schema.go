package config

// schema says what a block may hold.
type schema struct {
	typ    string
	labels int // 0 or 1
	// free says that every attribute is allowed, as in locals.
	free   bool
	attrs  []string
	syntax []string // attributes kept as syntax, even where they are constant
	blocks []*schema
	// hints say what to do about attributes and blocks that are not in the
	// schema, for those that people coming from elsewhere try.
	hints map[string]string
	// secrets are attributes whose value is masked wherever the source is shown.
	secrets []string
	// elsewhere are further ones that are masked, and where they belong.
	elsewhere map[string]string
	// kinds are the schemas that a label chooses from, and kind is the label
	// of one of them.
	kinds map[string]*schema
	kind  string
	// once says why a nested block is not repeated, and what to do.
	once string
}

func (s *schema) block(typ string) *schema {
	for _, b := range s.blocks {
		if b.typ == typ {
			return b
		}
	}
	return nil
}

func (s *schema) blockTypes() []string {
	var names []string
	for _, b := range s.blocks {
		names = append(names, b.typ)
	}
	return names
}

// The block types of a configuration.
const (
	blockHerald   = "herald"
	blockAccount  = "account"
	blockVariable = "variable"
	blockLocals   = "locals"
	blockMessage  = "message"
	blockReaction = "reaction"
	blockOutput   = "output"
	blockMoved    = "moved"
	blockRemoved  = "removed"
	blockImport   = "import"
)

const countHint = "Herald has no count: its instances are told apart by their number, so that taking one out renumbers the rest, and people would be sent each other's messages. " +
	"Use for_each, with a key that stays with the person: for_each = { ana = \"17841400000000001\" }."

const providerHint = "Herald has no providers; the account to send from is given by account = account.NAME."

var messageHints = map[string]string{
	"count":        countHint,
	"to":           "The person is given by recipient: their Instagram-scoped id, a string of digits.",
	"recipient_id": "The person is given by recipient: their Instagram-scoped id, a string of digits.",
	"igsid":        "The person is given by recipient: their Instagram-scoped id, a string of digits.",
	"body":         "What a message says is given by text.",
	"message":      "What a message says is given by text.",
	"content":      "What a message holds is given by one of text, link, image, audio, video, sticker and post.",
	"gif":          "A GIF is an image: give its URL as image.",
	"url":          "Say what is at the URL: link sends the URL itself, and image, audio or video what it leads to.",
	"media":        "Say what it is: image, audio or video.",
	"heart":        "The heart is a sticker: sticker = \"like_heart\".",
	"like":         "The heart is a sticker: sticker = \"like_heart\".",
	"share":        "A published post is given by its id, as post.",
	"id":           "A message's id is given by Instagram once it is sent; nobody chooses it.",
	"provider":     providerHint,
	"provisioner":  "Herald runs no commands.",
	"connection":   "Herald runs no commands.",
}

var reactionHints = map[string]string{
	"count":        countHint,
	"to":           messageHints["to"],
	"recipient_id": messageHints["to"],
	"igsid":        messageHints["to"],
	"message":      "The message that is reacted to is given by message_id, as in message_id = message.welcome.id.",
	"target":       "The message that is reacted to is given by message_id, as in message_id = message.welcome.id.",
	"emoji":        "The kind of reaction is given by reaction; version 24.0 of the API knows \"love\".",
	"revision":     "A reaction is changed in place, and has no revisions.",
	"lifecycle":    "A reaction may be repeated and taken back without harm, so there is nothing for a lifecycle block to say.",
	"provider":     providerHint,
}

const tokenHint = "A token never stands in a file: files are committed and read by reviewers. " +
	"Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as %s (or HERALD_TOKEN where there is one account)."

var secretNames = []string{"access_token", "token", "app_secret", "secret", "password"}

var accountHints = map[string]string{
	"id":        "The account's id is given by ig_id: the user_id that GET /me returns, a string of digits.",
	"user_id":   "The account's id is given by ig_id: the user_id that GET /me returns, a string of digits.",
	"username":  "An account is given by its ig_id: the user_id that GET /me returns, a string of digits.",
	"host":      "The host is given by endpoint, as in endpoint = \"https://graph.instagram.com\".",
	"url":       "The host is given by endpoint, as in endpoint = \"https://graph.instagram.com\".",
	"version":   "The version of the Graph API is given by api_version, as in api_version = \"v24.0\".",
	"rate":      "Rates stand in a limits block: limits { messages = 50 }.",
	"page_id":   "Give the id in the path of the send call as ig_id.",
	"lifecycle": "Only a message has a lifecycle block.",
}

// rootSchema is what a file of configuration may hold.
func rootSchema() *schema {
	return &schema{
		blocks: []*schema{
			heraldSchema(),
			accountSchema(),
			variableSchema(),
			{typ: blockLocals, free: true},
			messageSchema(),
			{
				typ: blockReaction, labels: 1,
				attrs:  []string{"account", "for_each", "recipient", "message_id", "reaction", "depends_on"},
				syntax: []string{"account", "depends_on", "for_each", "message_id"},
				hints:  reactionHints,
			},
			{typ: blockOutput, labels: 1, attrs: []string{"value", "description", "sensitive"}, syntax: []string{"value"}, hints: map[string]string{
				"depends_on": "An output waits for what its value refers to, and for nothing else.",
			}},
			{typ: blockMoved, attrs: []string{"from", "to"}, syntax: []string{"from", "to"}},
			removedSchema(),
			importSchema(),
		},
		hints: rootHints,
	}
}

var rootHints = map[string]string{
	"state":      stateHint,
	"backend":    stateHint,
	"encryption": "How the record is encrypted stands in the herald block: herald { encryption { recipients = [\"age1…\"] } }.",
	"resource":   "Herald sends messages and reactions; its blocks are message \"NAME\" and reaction \"NAME\".",
	"data":       "Herald reads nothing while it evaluates but files, with functions such as file and csvdecode.",
	"module":     "Herald has no modules: all *.hcl files of one directory are one configuration.",
	"provider":   "Herald has no providers; an account block says whom to send as.",
	"terraform":  "The settings of a run stand in a herald block.",
	"check":      "Herald has no check blocks. A validation block of a variable checks a value.",
	"local":      "Locals stand in a block named locals, without a label: locals { name = \"value\" }.",
	"var":        "A variable is declared by a block: variable \"name\" { type = string }.",
}

const stateHint = "Where the record is kept stands in the herald block: herald { state \"postgres\" { … } }."

func heraldSchema() *schema {
	return &schema{
		typ: blockHerald, attrs: []string{"required_version"},
		blocks: []*schema{
			{typ: "limits", attrs: []string{"max_sends", "max_sends_per_recipient", "stop_after_failures"}},
			stateSchema(), encryptionSchema(),
		},
		hints: map[string]string{
			"backend":            "Where the record is kept is said by a state block: state \"s3\" { … }.",
			"cloud":              "Where the record is kept is said by a state block: state \"http\" { … } for a server that speaks Terraform's protocol.",
			"required_providers": "Herald has no providers.",
		},
	}
}

func accountSchema() *schema {
	return &schema{
		typ: blockAccount, labels: 1, attrs: []string{"ig_id", "endpoint", "api_version", "settle_after"},
		blocks: []*schema{{typ: "limits", attrs: []string{"messages", "media", "reads"}}},
		hints:  accountHints, secrets: secretNames,
	}
}

func variableSchema() *schema {
	return &schema{
		typ: blockVariable, labels: 1,
		attrs:  []string{"type", "default", "description", "sensitive", "nullable"},
		syntax: []string{"type", "default"},
		blocks: []*schema{{typ: "validation", attrs: []string{"condition", "error_message"}, syntax: []string{"condition"}}},
		hints: map[string]string{
			"ephemeral": "Every value that reaches a message stands in the plan, so no variable is ephemeral; sensitive = true keeps it from being shown.",
			"value":     "A variable's own value is given by default; one that differs is given with -var, a values file or the environment. A name for an expression is a local.",
		},
	}
}

func removedSchema() *schema {
	return &schema{
		typ: blockRemoved, attrs: []string{"from"}, syntax: []string{"from"},
		blocks: []*schema{{typ: "lifecycle", attrs: []string{"destroy"}}},
		hints: map[string]string{
			"to":          "A removed block has no to: what it names is forgotten. To give it another address, use a moved block.",
			"destroy":     "destroy stands in a lifecycle block: lifecycle { destroy = false }.",
			"for_each":    "A removed block names one block, with all of its instances, or one instance: from = reaction.thanks, or from = reaction.thanks[\"ana\"].",
			"provisioner": "Herald runs no commands.",
		},
	}
}

func importSchema() *schema {
	const itself = "An import gives a message's id and nothing else: what it said, to whom and from which account, stands in the message's own block."
	return &schema{
		typ: blockImport, attrs: []string{"for_each", "to", "id"}, syntax: []string{"for_each", "to"},
		hints: map[string]string{
			"count":      "An import block has no count; it repeats by for_each, over a map, a set or a list: for_each = csvdecode(file(\"sent.csv\")).",
			"from":       "An import says to which message an id belongs: to = message.NAME.",
			"message_id": "The message's id is given by id.",
			"identity":   "A message has no identity but its id.",
			"provider":   providerHint,
			"recipient":  itself,
			"text":       itself,
			"account":    itself,
		},
	}
}

func messageSchema() *schema {
	const (
		forEver    = "A message cannot be destroyed: nothing takes it back."
		conditions = "This version of Herald has no conditions here. A validation block of a variable checks a value."
	)
	return &schema{
		typ: blockMessage, labels: 1,
		attrs:  []string{"account", "for_each", "recipient", "text", "link", "image", "audio", "video", "sticker", "post", "depends_on", "revision"},
		syntax: []string{"account", "depends_on", "for_each"},
		blocks: []*schema{{
			typ: "lifecycle", attrs: []string{"on_edit", "allow_duplicate", "on_in_doubt"},
			hints: map[string]string{
				"prevent_destroy":       forEver,
				"create_before_destroy": forEver,
				"ignore_changes":        "A message that was sent stays as it was sent, whatever is edited later; on_edit = \"error\" makes an edit an error.",
				"precondition":          conditions,
				"postcondition":         conditions,
			},
		}},
		hints: messageHints,
	}
}
