// Package browser answers the question "does the page hold in a real browser
// what its source promises?".
//
// Its tests open the pages of plan and run, which internal/view/htmlpage keeps as
// golden files, and one of ten thousand messages, made by the program itself, in
// Chromium: as a phone and as a desk have them, light and dark. It is a module
// of its own, so that the product depends on none of this.
//
// Where there is no Chromium the tests are skipped; HERALD_BROWSER=required
// fails them instead. HERALD_BROWSER_SHOTS=DIR writes a picture of each page
// there, to be looked at.
package browser
