package content

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxTextBytes is the most that a text or link may have, in bytes of UTF-8.
const MaxTextBytes = 1000

// Problem is what is wrong with a content: a summary of a few words without
// names, and a detail in sentences that says what to do.
type Problem struct {
	Summary string
	Detail  string
}

// Error makes a Problem an error.
func (p *Problem) Error() string { return p.Summary + ": " + p.Detail }

// media holds, for each kind that Meta fetches, the file extensions it takes
// and the largest size in megabytes.
var media = map[Kind]struct {
	extensions []string
	names      string
	megabytes  int
}{
	Image: {[]string{".png", ".jpeg", ".jpg", ".gif"}, "png, jpeg and gif", 8},
	Audio: {[]string{".aac", ".m4a", ".wav", ".mp4"}, "aac, m4a, wav and mp4", 25},
	Video: {[]string{".mp4", ".ogg", ".avi", ".mov", ".webm"}, "mp4, ogg, avi, mov and webm", 25},
}

// otherFiles are extensions that name a file of no kind that Instagram takes.
var otherFiles = []string{".webp", ".heic", ".svg", ".bmp", ".tiff", ".pdf", ".mp3", ".flac", ".opus", ".mkv", ".zip", ".txt", ".html", ".htm"}

// MediaLimits describes what Meta takes for the kind, as "png, jpeg and gif, at
// most 8 MB"; it is empty for a kind that is not fetched.
func MediaLimits(k Kind) string {
	m, ok := media[k]
	if !ok {
		return ""
	}
	return m.names + ", at most " + strconv.Itoa(m.megabytes) + " MB"
}

// Check returns what makes the content impossible to send, or nil. What only
// Meta can see (a file's size, who owns a post) is not checked.
func (c Content) Check() *Problem {
	if !utf8.ValidString(c.Value) {
		return &Problem{"Text is not UTF-8", "Instagram takes UTF-8 only, and this " + c.Kind.String() + " holds other bytes."}
	}
	switch c.Kind {
	case Text:
		return checkText(c.Value)
	case Link:
		if _, p := checkURL(c.Kind, c.Value); p != nil {
			return p
		}
		return checkText(c.Value)
	case Image, Audio, Video:
		u, p := checkURL(c.Kind, c.Value)
		if p != nil {
			return p
		}
		return checkExtension(c.Kind, u)
	case Sticker:
		if c.Value != Like {
			return &Problem{"Unknown sticker", fmt.Sprintf("Instagram knows one sticker, %q.", Like)}
		}
	case Post:
		if !Digits(c.Value) {
			return &Problem{"Invalid post", "A post is given by its id, a string of digits, as GET /<IG_ID>/media lists it; the link or short code of a post is something else."}
		}
	case KindInvalid:
		return &Problem{"No content", "The message holds nothing."}
	}
	return nil
}

func checkText(s string) *Problem {
	switch {
	case strings.TrimSpace(s) == "":
		return &Problem{"Text is empty", "There is nothing in this text for the recipient to read, and Instagram refuses an empty message."}
	case strings.ContainsRune(s, 0):
		return &Problem{"Text holds a NUL character", "A NUL character ends a text in many systems; what the recipient would see is not known. Take it out."}
	case len(s) > MaxTextBytes:
		return &Problem{"Text is too long", fmt.Sprintf("The text is %s bytes; Instagram takes %s. Letters beyond ASCII and emoji have two to four bytes each. Shorten it, or send it as two messages.",
			Thousands(len(s)), Thousands(MaxTextBytes))}
	}
	return nil
}

// checkURL returns the parsed URL, or what is wrong with it.
func checkURL(k Kind, s string) (*url.URL, *Problem) {
	const advice = "Give an absolute URL that begins with https:// (or http://), as in https://www.example.com/path."
	bad := func(why string) (*url.URL, *Problem) {
		return nil, &Problem{"Invalid URL", fmt.Sprintf("The %s is not a URL that Instagram takes: %s. %s", k, why, advice)}
	}
	if s == "" {
		return bad("it is empty")
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return bad("it holds a space or a control character")
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return bad("it cannot be parsed")
	case u.Scheme == "":
		return bad("it has no scheme")
	case u.Scheme != "http" && u.Scheme != "https":
		return bad("its scheme is neither http nor https")
	case u.Hostname() == "":
		return bad("it has no host")
	case u.User != nil:
		return bad("it holds a user name or password, which the recipient would read")
	}
	return u, nil
}

// checkExtension refuses a URL whose path names a file of another kind. A path
// without a known extension passes: servers name their files as they like.
func checkExtension(k Kind, u *url.URL) *Problem {
	ext := strings.ToLower(path.Ext(u.Path))
	m := media[k]
	if slices.Contains(m.extensions, ext) {
		return nil
	}
	known := slices.Contains(otherFiles, ext)
	for _, other := range media {
		known = known || slices.Contains(other.extensions, ext)
	}
	if !known {
		return nil
	}
	return &Problem{"Wrong type of file", fmt.Sprintf("The %s is a %s file; Instagram takes %s.", k, ext, MediaLimits(k))}
}

// Digits reports whether s is a non-empty string of ASCII digits, as every id
// of an account, person or post is.
func Digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Thousands writes n with a comma between groups of three digits: 1,214.
func Thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// MaxMessageIDBytes is the most that a message id may have. Those of Instagram
// have about 160.
const MaxMessageIDBytes = 1024

// CheckMessageID returns what is wrong with a message id that a person gave, or
// nil: it is one word of visible ASCII characters.
func CheckMessageID(id string) *Problem {
	const what = "A message id is one long word, as the Conversations API and webhooks give it (about 160 characters)"
	switch {
	case id == "":
		return &Problem{"Message id is empty", what + ", and this is an empty string."}
	case len(id) > MaxMessageIDBytes:
		return &Problem{"Message id is too long", fmt.Sprintf("%s, and this has %s bytes. Copy the id alone.", what, Thousands(len(id)))}
	case strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }):
		return &Problem{"Invalid message id", what + ", and this one holds a blank, a line break or another character that is never part of one. Copy it again; trimspace(…) takes away what surrounds it."}
	}
	return nil
}
