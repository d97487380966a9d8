package svg

// pageStyle lets the graph fill the page once the viewer runs; until then, and
// where no script runs, the picture shrinks with the page. It is no part of
// viewer.css, which has no say outside a graph.
const pageStyle = `body { margin: 0 }
h1 { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%) }
.flame { display: block; max-width: 100%; height: auto; margin: 0 auto }
@media (prefers-color-scheme: dark) { body { background: #1c1c21 } }
@media screen { .flame-on { width: 100% !important; height: 100vh !important; height: 100dvh !important } }
`

// pageMark is how a page of ours is known from its first bytes.
const pageMark = `<html lang="en" class="flame-page">`

// pageTail ends the page.
const pageTail = "</main>\n</body>\n</html>\n"

// appendPageHead appends what stands before the graph in an HTML page. The page
// is XML, too. Its icon is empty, for browsers ask the server for one otherwise.
func (pic *picture) appendPageHead(b []byte) []byte {
	b = append(b, "<!DOCTYPE html>\n"+pageMark+"\n<head>\n<meta charset=\"utf-8\"/>\n"+
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"+
		"<meta name=\"color-scheme\" content=\"light dark\"/>\n<link rel=\"icon\" href=\"data:,\"/>\n<title>"...)
	b = appendEscaped(b, pic.title)
	b = append(b, ": "...)
	b = appendEscaped(b, pic.subtitle)
	b = append(b, "</title>\n<style>\n"+pageStyle+"</style>\n</head>\n<body>\n<main>\n<h1>"...)
	b = appendEscaped(b, pic.title)
	return append(b, "</h1>\n"...)
}
