package config

import (
	"errors"
	"fmt"
	"strings"
)

// bech32 reads a text in the form of age's keys, which is that of BIP 173
// without its limit of length: a name, the digit 1, data of five bits a
// character, and six characters of checksum. It returns the name and the
// number of whole bytes of the data.
func bech32(s string) (name string, data int, err error) {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	if len(s) > 4096 {
		return "", 0, errors.New("it is too long")
	}
	if s != strings.ToLower(s) {
		return "", 0, errors.New("it has capital letters")
	}
	i := strings.LastIndexByte(s, '1')
	if i < 1 || len(s)-i-1 < 6 {
		return "", 0, errors.New("it is too short")
	}
	name = s[:i]
	sum := uint32(1)
	for _, c := range []byte(name) {
		if c < '!' || c > '~' {
			return "", 0, errors.New("it has a character that no key has")
		}
		sum = bech32Step(sum, c>>5)
	}
	sum = bech32Step(sum, 0)
	for _, c := range []byte(name) {
		sum = bech32Step(sum, c&31)
	}
	for _, c := range s[i+1:] {
		v := strings.IndexRune(alphabet, c)
		if v < 0 {
			return "", 0, fmt.Errorf("it has the character %q, which no key has", c)
		}
		sum = bech32Step(sum, byte(v))
	}
	if sum != 1 {
		return "", 0, errors.New("its checksum does not fit")
	}
	return name, (len(s) - i - 1 - 6) * 5 / 8, nil
}

// bech32Step takes five bits into the checksum, a code over GF(32) whose
// generator is that of BIP 173.
func bech32Step(sum uint32, v byte) uint32 {
	top := sum >> 25
	sum = sum&0x1ffffff<<5 ^ uint32(v)
	for i, g := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
		if top>>i&1 == 1 {
			sum ^= g
		}
	}
	return sum
}
