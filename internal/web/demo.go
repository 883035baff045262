package web

import "net/http"

// DemoPage answers with a page that only the demo has. Fill returns it, inside
// the frame it is given; an error becomes a page as it does elsewhere.
func (s *Server) DemoPage(fill func(r *http.Request, f Frame) (Page, error)) http.Handler {
	return s.route(anyone, func(v *visit) error {
		page, err := fill(v.r, v.frame())
		if err != nil {
			return err
		}
		return v.show(page)
	})
}
