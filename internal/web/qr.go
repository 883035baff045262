package web

import "strconv"

// squareAt is the path of one module of a QR code.
func squareAt(x, y int) string {
	return "M" + strconv.Itoa(x) + " " + strconv.Itoa(y) + "h1v1h-1z"
}

// svg is a white square of size modules with dark squares on it. It carries its
// own colours, so that it stays readable by scanners in the dark theme.
func svg(size int, squares string) string {
	n := strconv.Itoa(size)
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ` + n + ` ` + n + `" shape-rendering="crispEdges" role="img" aria-hidden="true" focusable="false">` +
		`<rect width="` + n + `" height="` + n + `" fill="#fff"/><path fill="#000" d="` + squares + `"/></svg>`
}
