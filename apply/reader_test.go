package apply

import (
	"testing"

	"herald/config/content"
)

// What a message that was read back may be: only what is surely another kind
// lets a message be proven absent.
func TestMayBe(t *testing.T) {
	const yes, no = true, false
	sent := []content.Kind{content.Text, content.Link, content.Image, content.Audio, content.Video, content.Sticker, content.Post}
	for _, tc := range []struct {
		name string
		r    Received
		want []bool // by sent
	}{
		{"theirs", Received{Kind: content.Text}, []bool{no, no, no, no, no, no, no}},
		{"a text", Received{FromUs: true, Kind: content.Text}, []bool{yes, yes, no, no, no, yes, yes}},
		{"an image", Received{FromUs: true, Kind: content.Image}, []bool{no, no, yes, yes, yes, yes, yes}},
		{"a sound", Received{FromUs: true, Kind: content.Audio}, []bool{no, no, yes, yes, yes, yes, yes}},
		{"a video", Received{FromUs: true, Kind: content.Video}, []bool{no, no, yes, yes, yes, yes, yes}},
		{"a sticker", Received{FromUs: true, Kind: content.Sticker}, []bool{yes, yes, yes, yes, yes, yes, yes}},
		{"a post", Received{FromUs: true, Kind: content.Post}, []bool{yes, yes, yes, yes, yes, yes, yes}},
		{"no kind", Received{FromUs: true}, []bool{yes, yes, yes, yes, yes, yes, yes}},
		{"an unclear text", Received{FromUs: true, Kind: content.Text, Unclear: true}, []bool{yes, yes, yes, yes, yes, yes, yes}},
		{"an unclear one that is theirs", Received{Unclear: true}, []bool{no, no, no, no, no, no, no}},
	} {
		for i, k := range sent {
			if got := tc.r.MayBe(k); got != tc.want[i] {
				t.Errorf("%s may be a %s: %v, want %v", tc.name, k, got, tc.want[i])
			}
		}
	}
}
