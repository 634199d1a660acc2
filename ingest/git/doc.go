// Package git reads the objects of a Git repository on disk: commits, trees and blobs, loose or packed. In comes a folder, a working
// copy or a bare repository; out come bytes. It runs nothing, follows no link or reference out of the folder, obeys no setting, and
// writes nothing. Sizes, chains of deltas and depths are bounded before memory is asked for; what is compressed is checked to its end.
//
// SHA-256 repositories, reftables, alternates and the first version of the pack index are refused.
package git
