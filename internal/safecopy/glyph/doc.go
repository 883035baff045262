// Package glyph tells which character a small picture shows: a perceptron with
// one hidden layer over 16 × 22 pixels. The weights come from test/trainreader,
// which draws every example from free fonts; no image of a document was used.
package glyph
