package browser

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const campaign = `
account "shop" {
  ig_id = "17841405822304914"
}

message "welcome" {
  for_each  = toset(flatten([for a in range(100) : [for b in range(100) : format("1%02d%02d", a, b)]]))
  recipient = "65432109876${each.key}"
  text      = "Hi ${each.key}, your order is on its way. 🚚"
}

message "story" {
  for_each  = toset(flatten([for a in range(20) : [for b in range(100) : format("part-%02d%02d", a, b)]]))
  recipient = "6543210987654321"
  text      = "This is ${each.key}."
}
`

// program builds herald and returns its path.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "herald")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// TestTenThousandMessages opens the page of a campaign and of one very long
// conversation, as the program writes it.
func TestTenThousandMessages(t *testing.T) {
	browser := browse(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(campaign), 0o644); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	plan := exec.Command(program(t), "-chdir="+dir, "plan", "-html")
	html, err := plan.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	t.Logf("built and written in %v: %d bytes", time.Since(began), len(html))
	file := filepath.Join(dir, "plan.html")
	if err := os.WriteFile(file, html, 0o644); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	p := open(t, browser, file, screens[1])
	t.Logf("opened in %v", time.Since(began))
	times := ask[struct {
		Paint float64 `json:"paint"`
		Done  float64 `json:"done"`
		Count int     `json:"count"`
	}](p, `({
		paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
		done: performance.getEntriesByType("navigation")[0].domComplete,
		count: document.querySelectorAll(".message").length,
	})`)
	t.Logf("first words after %.0f ms, all of it after %.0f ms", times.Paint, times.Done)
	if times.Count != 12_000 {
		t.Errorf("the page has %d messages", times.Count)
	}
	// A quiet machine takes a tenth of it.
	if times.Paint > 10_000 || times.Done > 40_000 {
		t.Error("the page opens slowly")
	}
	began = time.Now()
	ask[bool](p, `document.getElementById("c9999").closest(".group").open = true, document.getElementById("c9999").open = true, document.getElementById("c9999").scrollIntoView(), true`)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("a conversation far below unfolds after %v", took)
	}
	if !ask[bool](p, `document.getElementById("c9999").querySelector(".bubble").checkVisibility()`) {
		t.Error("a conversation far below does not unfold")
	}
	p.shoot("long")
	p.quiet(file)
}
