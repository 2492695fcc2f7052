package view

// Version says which Herald this is.
type Version struct {
	FormatVersion string `json:"format_version"`
	Version       string `json:"herald_version"` // 0.1.0, without a v
	Platform      string `json:"platform"`       // linux_amd64
	Go            string `json:"go_version"`     // go1.26
	Commit        string `json:"commit,omitempty"`
}
