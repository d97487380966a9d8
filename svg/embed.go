package svg

import _ "embed"

// The viewer, as it stands in every file. It is shipped as it is: what people
// find in the file can be read.
var (
	//go:embed viewer.js
	viewerJS string
	//go:embed viewer.css
	viewerCSS string
)
