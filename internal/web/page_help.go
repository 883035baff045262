package web

// helpPage answers GET /help/lost-mfa.
func (s *Server) helpPage(v *visit) error {
	page := Help{Frame: v.frame(), Back: "/sign-in", Support: s.options.Support}
	page.Here = "/help/lost-mfa"
	switch {
	case v.cookie(challengeCookie) != "" && !v.signedIn:
		page.Back = "/mfa" // which leads on itself where that sign-in is over
	case v.signedIn:
		page.Back = homePath
	}
	return v.show(page)
}
