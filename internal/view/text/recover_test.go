package text

import (
	"io"
	"testing"

	"herald/internal/view/viewtest"
)

func TestRecoverText(t *testing.T) {
	for _, s := range sheets {
		viewtest.Golden(t, "recover"+s.suffix, func(w io.Writer) error {
			d := viewtest.SmallRecovery()
			if err := Recover(w, d, s.opts); err != nil {
				return err
			}
			_, err := io.WriteString(w, d.Result()+"\n")
			return err
		})
	}
}
