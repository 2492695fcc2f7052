package content

import (
	"strings"
	"testing"
)

func TestFingerprint(t *testing.T) {
	text := Fingerprint("17841405822304914", "1001", Content{Text, "https://example.com"})
	if want := "v1:sha256:"; !strings.HasPrefix(text, want) || len(text) != len(want)+64 {
		t.Errorf("fingerprint has another form: %s", text)
	}
	if link := Fingerprint("17841405822304914", "1001", Content{Link, "https://example.com"}); link != text {
		t.Errorf("a link and the same text differ: %s, %s", link, text)
	}
	seen := map[string]bool{text: true}
	for name, fp := range map[string]string{
		"account":   Fingerprint("1784140582230491", "41001", Content{Text, "https://example.com"}),
		"recipient": Fingerprint("17841405822304914", "1002", Content{Text, "https://example.com"}),
		"kind":      Fingerprint("17841405822304914", "1001", Content{Image, "https://example.com"}),
		"value":     Fingerprint("17841405822304914", "1001", Content{Text, "https://example.com/"}),
		"reaction":  ReactionFingerprint("17841405822304914", "1001", "https://example.com", Love),
	} {
		if seen[fp] {
			t.Errorf("another %s has the same fingerprint", name)
		}
		seen[fp] = true
	}
}

// The stored fingerprints of every record depend on this value: it never
// changes. It is SHA-256 of "17:17841405822304914" "4:1001" "4:text" "2:Hi".
func TestFingerprintIsStable(t *testing.T) {
	const want = "v1:sha256:8f9b41623273f2c428b47f196e8dd29b008afa1b19a6b6bfa69cf2590d3a5782"
	got := Fingerprint("17841405822304914", "1001", Content{Text, "Hi"})
	if got != want {
		t.Errorf("fingerprint changed: %s", got)
	}
}

func TestCheck(t *testing.T) {
	for _, tc := range []struct {
		in   Content
		want string
	}{
		{Content{Text, "Hi"}, ""},
		{Content{Text, strings.Repeat("x", 1000)}, ""},
		{Content{Text, strings.Repeat("x", 1214)}, "Text is too long: The text is 1,214 bytes; Instagram takes 1,000. Letters beyond ASCII and emoji have two to four bytes each. Shorten it, or send it as two messages."},
		{Content{Text, strings.Repeat("é", 501)}, "Text is too long: The text is 1,002 bytes; Instagram takes 1,000. Letters beyond ASCII and emoji have two to four bytes each. Shorten it, or send it as two messages."},
		{Content{Text, " \n"}, "Text is empty: There is nothing in this text for the recipient to read, and Instagram refuses an empty message."},
		{Content{Text, "a\xff"}, "Text is not UTF-8: Instagram takes UTF-8 only, and this text holds other bytes."},
		{Content{Text, "a\x00"}, "Text holds a NUL character: A NUL character ends a text in many systems; what the recipient would see is not known. Take it out."},
		{Content{Link, "https://example.com/a?b=c#d"}, ""},
		{Content{Link, "example.com"}, "Invalid URL: The link is not a URL that Instagram takes: it has no scheme. Give an absolute URL that begins with https:// (or http://), as in https://www.example.com/path."},
		{Content{Link, "https://u:p@example.com"}, "Invalid URL: The link is not a URL that Instagram takes: it holds a user name or password, which the recipient would read. Give an absolute URL that begins with https:// (or http://), as in https://www.example.com/path."},
		{Content{Image, "ftp://example.com/a.gif"}, "Invalid URL: The image is not a URL that Instagram takes: its scheme is neither http nor https. Give an absolute URL that begins with https:// (or http://), as in https://www.example.com/path."},
		{Content{Image, "https://example.com/a.GIF?v=1"}, ""},
		{Content{Image, "https://example.com/picture"}, ""},
		{Content{Image, "https://example.com/a.mp4"}, "Wrong type of file: The image is a .mp4 file; Instagram takes png, jpeg and gif, at most 8 MB."},
		{Content{Audio, "https://example.com/a.mp3"}, "Wrong type of file: The audio is a .mp3 file; Instagram takes aac, m4a, wav and mp4, at most 25 MB."},
		{Content{Video, "https://example.com/a.webm"}, ""},
		{Content{Sticker, "like_heart"}, ""},
		{Content{Sticker, "heart"}, `Unknown sticker: Instagram knows one sticker, "like_heart".`},
		{Content{Post, "17918195224117851"}, ""},
		{Content{Post, "CxYz"}, "Invalid post: A post is given by its id, a string of digits, as GET /<IG_ID>/media lists it; the link or short code of a post is something else."},
		{Content{}, "No content: The message holds nothing."},
	} {
		got := ""
		if p := tc.in.Check(); p != nil {
			got = p.Error()
		}
		if got != tc.want {
			t.Errorf("%v %.40q\n got %s\nwant %s", tc.in.Kind, tc.in.Value, got, tc.want)
		}
	}
}

func TestKindNames(t *testing.T) {
	for _, k := range Kinds() {
		text, _ := k.MarshalText()
		var back Kind
		if err := back.UnmarshalText(text); err != nil || back != k {
			t.Errorf("%s became %v, %v", text, back, err)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := Thousands(n); got != want {
			t.Errorf("Thousands(%d) = %s, want %s", n, got, want)
		}
	}
}
