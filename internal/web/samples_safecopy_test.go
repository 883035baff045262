package web

// safeCopyBuilt are the ids that the pages about safe copies put together.
func safeCopyBuilt() []string {
	var ids []string
	for _, id := range safeCopyTold {
		ids = append(ids, "safe-copy."+id)
	}
	for _, f := range (SafeCopy{}).Faults() {
		ids = append(ids, "safe-copy.fault."+f)
	}
	for _, d := range (Where{}).Models() {
		ids = append(ids, "where."+d.Name, "where."+d.Name+".how", "where."+d.Name+".alt")
	}
	return ids
}
