package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// The forms inside the ids, as found in real ones: base64 of these, with Z
// written ZA and = written ZD.
const (
	itemPrefix   = "ig_dm_item:1:IGMessageID:"
	threadPrefix = "ig_dm:1:IGMessageThread:"

	threadDigits = 39
	itemDigits   = 35
)

// threadNumber is the 39-digit number of a conversation. It follows from the
// two ids alone, so that a conversation keeps its id whatever happens to the
// inbox.
func threadNumber(account, person string) string {
	sum := sha256.Sum256([]byte(account + "\x00" + person))
	high := binary.BigEndian.Uint64(sum[:8]) % 1e11
	low := binary.BigEndian.Uint64(sum[8:16]) % 1e12
	return fmt.Sprintf("3402823668417103%011d%012d", high, low)
}

func conversationID(account, thread string) string {
	return encodeID(threadPrefix + account + ":" + thread)
}

// messageID mints the id of a message: micros is its time in microseconds
// since 1970, which the platform keeps in the upper bits of the item number,
// and low fills the lower 64.
func messageID(account, thread string, micros int64, low uint64) string {
	// micros * 2^64 + low in decimal: 10^19 is the largest power of ten that
	// fits a word, and a time has fewer digits than that.
	high := uint64(max(micros, 0))
	quotient, remainder := bits.Div64(high, low, 1e19)
	buf := make([]byte, 0, 128)
	buf = append(buf, itemPrefix...)
	buf = append(buf, account...)
	buf = append(buf, ':')
	buf = append(buf, thread...)
	buf = append(buf, ':')
	buf = appendPadded(buf, quotient, itemDigits-19)
	buf = appendPadded(buf, remainder, 19)
	return encodeID(string(buf))
}

func appendPadded(buf []byte, n uint64, width int) []byte {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits); i < width; i++ {
		buf = append(buf, '0')
	}
	return append(buf, digits...)
}

func encodeID(plain string) string {
	raw := base64.StdEncoding.EncodeToString([]byte(plain))
	out := make([]byte, 0, len(raw)+8)
	for i := range len(raw) {
		switch raw[i] {
		case 'Z':
			out = append(out, 'Z', 'A')
		case '=':
			out = append(out, 'Z', 'D')
		default:
			out = append(out, raw[i])
		}
	}
	return string(out)
}

// decodedMessage is what a message id says.
type decodedMessage struct {
	account, thread string
	micros          int64
}

// decodeMessageID is the inverse of messageID, for checking an inbox file.
func decodeMessageID(id string) (decodedMessage, error) {
	bad := fmt.Errorf("not a message id: %q", id)
	raw, err := base64.StdEncoding.DecodeString(strings.NewReplacer("ZA", "Z", "ZD", "=").Replace(id))
	if err != nil {
		return decodedMessage{}, bad
	}
	rest, ok := strings.CutPrefix(string(raw), itemPrefix)
	parts := strings.Split(rest, ":")
	if !ok || len(parts) != 3 || len(parts[1]) != threadDigits || len(parts[2]) != itemDigits {
		return decodedMessage{}, bad
	}
	cut := itemDigits - 19
	quotient, err1 := strconv.ParseUint(parts[2][:cut], 10, 64)
	remainder, err2 := strconv.ParseUint(parts[2][cut:], 10, 64)
	if err1 != nil || err2 != nil {
		return decodedMessage{}, bad
	}
	high, low := bits.Mul64(quotient, 1e19)
	_, carry := bits.Add64(low, remainder, 0)
	return decodedMessage{parts[0], parts[1], int64(high + carry)}, nil
}

// mix turns a seed and a counter into a well spread number (splitmix64).
func mix(seed, n uint64) uint64 {
	x := seed + (n+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// isNumericID says whether an id could be an account's, a person's or a
// post's: digits, and a plausible number of them.
func isNumericID(s string) bool {
	if len(s) == 0 || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
