package svg

import _ "embed"

//go:generate go run ./viewer/build

// The viewer, as it stands in every file, bundled from the modules in viewer/.
var (
	//go:embed viewer.js
	viewerJS string
	//go:embed viewer.css
	viewerCSS string
)
