package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium returns the browser's path, or skips the test.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const how = "there is no Chromium here; on Debian: apt-get install chromium fonts-noto-color-emoji"
	if os.Getenv("HERALD_BROWSER") == "required" {
		t.Fatal(how)
	}
	t.Skip(how)
	return ""
}

// browse starts a browser that ends with the test.
func browse(t *testing.T) context.Context {
	t.Helper()
	path := chromium(t)
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", false),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("the browser did not end: %v", err)
		}
		cancel()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	return ctx
}

// screen is what a page is looked at with.
type screen struct {
	name          string
	width, height int64
	mobile        bool
	theme         string // light or dark
}

var screens = []screen{
	{"narrow-light", 320, 640, true, "light"},
	{"phone-light", 375, 812, true, "light"},
	{"phone-dark", 375, 812, true, "dark"},
	{"desk-light", 1280, 900, false, "light"},
	{"desk-dark", 1280, 900, false, "dark"},
}

// tab is a page in a tab of its own, with what the browser said of it.
type tab struct {
	*testing.T
	ctx context.Context

	mu       sync.Mutex
	said     []string // by the console, the log and the policy
	requests []string
}

// open shows a file on the screen and waits until it is loaded.
func open(t *testing.T, browser context.Context, file string, s screen) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	p := &tab{T: t, ctx: ctx}
	p.must(chromedp.Do(ctx))
	p.must(chromedp.Listen(ctx, p.hear))
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.theme}},
	})
	p.must(err)
	size := []chromedp.EmulateViewportOption{}
	if s.mobile {
		size = append(size, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	p.must(chromedp.Do(ctx, chromedp.EmulateViewport(s.width, s.height, size...), chromedp.Navigate("file://"+file)))
	return p
}

// hear keeps what the browser says and asks for.
func (p *tab) hear(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ev := ev.(type) {
	case *log.EventEntryAdded:
		p.said = append(p.said, fmt.Sprintf("%s: %s", ev.Entry.Source, ev.Entry.Text))
	case *runtime.EventConsoleAPICalled:
		p.said = append(p.said, fmt.Sprintf("console: %s", ev.Type))
	case *runtime.EventExceptionThrown:
		p.said = append(p.said, "exception: "+ev.ExceptionDetails.Text)
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, ev.Request.URL)
	}
}

// quiet holds that the browser said nothing and asked for the file only.
func (p *tab) quiet(file string) {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.said) > 0 {
		p.Errorf("the browser says:\n  %s", strings.Join(p.said, "\n  "))
	}
	if len(p.requests) != 1 || p.requests[0] != "file://"+file {
		p.Errorf("the page asks for %q", p.requests)
	}
}

func (p *tab) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// ask evaluates a script in the page. The page's own policy forbids scripts;
// the developer tools are not bound by it.
func ask[T any](p *tab, script string) T {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	p.must(err)
	return v
}

// shoot writes a picture of what is in sight if pictures are wanted.
func (p *tab) shoot(name string) {
	p.Helper()
	dir := os.Getenv("HERALD_BROWSER_SHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	p.must(err)
	p.must(os.MkdirAll(dir, 0o755))
	p.must(os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644))
}

// shootRest does the same for what is below, as far as twelve screens.
func (p *tab) shootRest(name string) {
	p.Helper()
	if os.Getenv("HERALD_BROWSER_SHOTS") == "" {
		return
	}
	for y := range min(12, ask[int](p, `Math.ceil(document.scrollingElement.scrollHeight / innerHeight)`)) {
		if y > 0 {
			ask[bool](p, fmt.Sprintf(`scrollTo({top: %d * innerHeight, behavior: "instant"}), true`, y))
			p.shoot(fmt.Sprintf("%s-%d", name, y))
		}
	}
}

// golden returns the path of a page that internal/view/htmlpage keeps.
func golden(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "internal", "view", "htmlpage", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}
