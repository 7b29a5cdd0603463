// Checks a Holdfast package with Go's own log verifier, golang.org/x/mod/sumdb, which knows nothing of Holdfast.
//
// It checks the SHA-256 of every file, the signature of the log's head, its tiles, every leaf against the tiles and the head, the proofs
// of single results, and the consistency files. It does not read what the leaves say: verify.mjs does.
//
// With modules:        go mod init check && go get golang.org/x/mod && go run verify.go -vkey KEY PACKAGE.zip
// With Debian's Go:    GO111MODULE=off GOPATH=/usr/share/gocode go run verify.go -vkey KEY PACKAGE.zip
// Exit code: 0 nothing wrong, 1 something is, 2 wrong usage.
package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type list []string

func (values *list) String() string         { return strings.Join(*values, " ") }
func (values *list) Set(value string) error { *values = append(*values, value); return nil }

var failures, open int

func ok(format string, values ...interface{})      { tell("ok             ", format, values...) }
func failed(format string, values ...interface{})  { failures++; tell("FAILED         ", format, values...) }
func unknown(format string, values ...interface{}) { open++; tell("not established", format, values...) }

// What a package says is never trusted on a terminal.
func tell(word, format string, values ...interface{}) {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '\ufffd'
		}
		return r
	}, fmt.Sprintf(format, values...))
	fmt.Println(word + "  " + clean)
}

func main() {
	var vkeys, kept list
	flag.Var(&vkeys, "vkey", "verifier `KEY` of the log, as the company gave it to you by another way (repeatable)")
	flag.Var(&kept, "checkpoint", "`FILE` with an older head of this log that you kept (repeatable)")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "Usage: go run verify.go [-vkey KEY]... [-checkpoint FILE]... PACKAGE.zip")
		flag.PrintDefaults()
	}
	// Options may stand after the package as well.
	var packages []string
	for flag.Parse(); flag.NArg() > 0; flag.CommandLine.Parse(flag.Args()[1:]) {
		packages = append(packages, flag.Arg(0))
	}
	if len(packages) != 1 {
		flag.Usage()
		os.Exit(2)
	}
	archive, err := zip.OpenReader(packages[0])
	if os.IsNotExist(err) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if err != nil {
		failed("container: %v", err)
	} else {
		check(&archive.Reader, vkeys, kept)
		archive.Close()
	}
	fmt.Println()
	if failures > 0 {
		fmt.Printf("FAILED: %d wrong with this package.\n", failures)
		os.Exit(1)
	}
	fmt.Printf("Nothing is wrong with what this program checks; %d not established. What the leaves say is for verify.mjs.\n", open)
}

// The most that a file of a package may have.
const largest = 1 << 30

type files map[string]*zip.File

func (in files) read(name string) ([]byte, error) {
	file := in[name]
	if file == nil {
		return nil, fmt.Errorf("%s: it is missing", name)
	}
	if file.UncompressedSize64 > largest {
		return nil, fmt.Errorf("%s: it is too large", name)
	}
	reader, err := file.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %v", name, err)
	}
	defer reader.Close()
	data, err := io.ReadAll(io.LimitReader(reader, int64(file.UncompressedSize64)+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %v", name, err)
	}
	return data, nil
}

func (in files) under(folder, suffix string) []string {
	var names []string
	for name := range in {
		if strings.HasPrefix(name, folder) && strings.HasSuffix(name, suffix) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

func check(archive *zip.Reader, vkeys, kept []string) {
	in := files{}
	for _, file := range archive.File {
		if in[file.Name] != nil {
			failed("container: %s is there twice", file.Name)
		}
		if path.IsAbs(file.Name) || path.Clean(file.Name) != file.Name || strings.HasPrefix(file.Name, "../") || strings.Contains(file.Name, "\\") {
			failed("container: %s leads elsewhere", file.Name)
		}
		in[file.Name] = file
	}
	checkSums(in)
	head := checkHead(in, vkeys)
	if head == nil {
		return
	}
	if !checkTiles(in, head) {
		return
	}
	checkKept(head, vkeys, kept)
	checkProofs(in, head)
	checkConsistency(in, head)
}

func checkSums(in files) {
	before := failures
	sums, err := in.read("SHA256SUMS")
	if err != nil {
		failed("files: %v", err)
		return
	}
	named := map[string]bool{"SHA256SUMS": true, "SHA256SUMS.sig": true}
	for number, line := range strings.Split(strings.TrimSuffix(string(sums), "\n"), "\n") {
		if len(line) < 67 || line[64:66] != "  " || named[line[66:]] {
			failed("files: line %d of SHA256SUMS is no line of it", number+1)
			continue
		}
		name := line[66:]
		named[name] = true
		data, err := in.read(name)
		if err != nil {
			failed("files: %v", err)
		} else if fmt.Sprintf("%x", sha256.Sum256(data)) != line[:64] {
			failed("files: %s does not have the hash in SHA256SUMS", name)
		}
	}
	for name := range in {
		if !named[name] {
			failed("files: SHA256SUMS does not name %s", name)
		}
	}
	if failures == before {
		ok("files: %d files have the hashes in SHA256SUMS, and there is no other", len(named)-2)
	}
	unknown("files: who signed SHA256SUMS: that is for ssh-keygen (verify.sh)")
}

type head struct {
	origin string
	text   string
	note   []byte
	tree   tlog.Tree
	hashes tlog.HashReader
}

func checkHead(in files, vkeys []string) *head {
	data, err := in.read("log/checkpoint")
	if err != nil {
		if in["log/checkpoint"] == nil && len(vkeys) == 0 {
			unknown("checkpoint: the log has no signed head")
		} else {
			failed("checkpoint: %v", err)
		}
		return nil
	}
	fromOutside := len(vkeys) > 0
	if !fromOutside {
		for _, name := range in.under("keys/", ".vkey") {
			key, err := in.read(name)
			if err != nil {
				failed("checkpoint: %v", err)
				return nil
			}
			vkeys = append(vkeys, strings.TrimSpace(string(key)))
		}
	}
	text, err := openNote(data, vkeys)
	if err != nil {
		failed("checkpoint: log/checkpoint: %v", err)
		return nil
	}
	found, err := parseCheckpoint(text)
	if err != nil {
		failed("checkpoint: log/checkpoint: %v", err)
		return nil
	}
	found.note = data
	found.hashes = tlog.TileHashReader(found.tree, tiles(in))
	if fromOutside {
		ok("checkpoint: the head of %d leaves of %s is signed with the key you gave", found.tree.N, found.origin)
	} else {
		ok("checkpoint: the head of %d leaves of %s is signed with the key in the package", found.tree.N, found.origin)
		unknown("checkpoint: whether that key is the company's: you gave no -vkey, and the key in the package proves nothing")
	}
	return found
}

func openNote(data []byte, vkeys []string) (string, error) {
	var known []note.Verifier
	for _, vkey := range vkeys {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return "", fmt.Errorf("the key %q: %v", vkey, err)
		}
		known = append(known, verifier)
	}
	opened, err := note.Open(data, note.VerifierList(known...))
	if err != nil {
		return "", err
	}
	return opened.Text, nil
}

func parseCheckpoint(text string) (*head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return nil, fmt.Errorf("it is no checkpoint of three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] || size < 0 {
		return nil, fmt.Errorf("its size is no number")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return nil, err
	}
	return &head{origin: lines[0], text: text, tree: tlog.Tree{N: size, Hash: root}}, nil
}

// tiles reads the files of log/. Their paths lack the height that those of x/mod have, and call the data entries.
type tiles files

func (in tiles) Height() int                         { return 8 }
func (in tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (in tiles) ReadTiles(wanted []tlog.Tile) (read [][]byte, err error) {
	for _, tile := range wanted {
		data, err := files(in).read("log/tile/" + strings.TrimPrefix(tile.Path(), "tile/8/"))
		if err != nil {
			return nil, err
		}
		read = append(read, data)
	}
	return read, nil
}

func checkTiles(in files, head *head) bool {
	root, err := tlog.TreeHash(head.tree.N, head.hashes)
	if err == nil && root != head.tree.Hash {
		err = fmt.Errorf("they have the root %v", root)
	}
	if err != nil {
		failed("log: the tiles: %v", err)
		return false
	}
	for first := int64(0); first < head.tree.N; first += 256 {
		width := head.tree.N - first
		if width > 256 {
			width = 256
		}
		tile := tlog.Tile{H: 8, L: 0, N: first / 256, W: int(width)}
		name := "log/tile/entries/" + strings.TrimPrefix(tile.Path(), "tile/8/0/")
		if err := checkBundle(in, name, first, width, head.hashes); err != nil {
			failed("log: %s: %v", name, err)
			return false
		}
	}
	ok("log: %d leaves have the hashes in the tiles, and the tiles the root of the head", head.tree.N)
	return true
}

func checkBundle(in files, name string, first, width int64, hashes tlog.HashReader) error {
	data, err := in.read(name)
	if err != nil {
		return err
	}
	var places []int64
	for i := int64(0); i < width; i++ {
		places = append(places, tlog.StoredHashIndex(0, first+i))
	}
	leaves, err := hashes.ReadHashes(places)
	if err != nil {
		return err
	}
	for i, leaf := range leaves {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return fmt.Errorf("it ends before leaf %d", first+int64(i))
		}
		entry := data[2 : 2+int(binary.BigEndian.Uint16(data))]
		if tlog.RecordHash(entry) != leaf {
			return fmt.Errorf("leaf %d does not have the hash in its tile", first+int64(i))
		}
		data = data[2+len(entry):]
	}
	if len(data) > 0 {
		return fmt.Errorf("bytes follow its last leaf")
	}
	return nil
}

func checkKept(head *head, vkeys, kept []string) {
	if len(kept) == 0 {
		unknown("history: whether the log was rewritten since it was first shown to anybody: you gave no -checkpoint from before")
	}
	for _, name := range kept {
		if err := checkOlder(head, vkeys, name); err != nil {
			failed("history: %s: %v", name, err)
		}
	}
}

func checkOlder(head *head, vkeys []string, name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	text := string(data)
	if bytes.Contains(data, []byte("\n\n")) {
		if len(vkeys) > 0 {
			if text, err = openNote(data, vkeys); err != nil {
				return err
			}
		} else {
			text = text[:strings.LastIndex(text, "\n\n")+1]
		}
	}
	older, err := parseCheckpoint(text)
	if err != nil {
		return err
	}
	if older.origin != head.origin {
		return fmt.Errorf("it is of another log, %s", older.origin)
	}
	if older.tree.N > head.tree.N {
		return fmt.Errorf("you hold a head of %d leaves, the package has %d: the end of the log is missing", older.tree.N, head.tree.N)
	}
	if older.tree.N > 0 {
		proof, err := tlog.ProveTree(head.tree.N, older.tree.N, head.hashes)
		if err != nil {
			return err
		}
		if tlog.CheckTree(proof, head.tree.N, head.tree.Hash, older.tree.N, older.tree.Hash) != nil {
			return fmt.Errorf("the first %d leaves are not those that you hold the head of: history was rewritten", older.tree.N)
		}
	}
	ok("history: the log only grew since the head of %d leaves that you hold", older.tree.N)
	return nil
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range lines {
		data, err := base64.StdEncoding.Strict().DecodeString(line)
		var hash tlog.Hash
		if err != nil || copy(hash[:], data) != tlog.HashSize || len(data) != tlog.HashSize {
			return nil, fmt.Errorf("%q is no hash", line)
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

func checkProofs(in files, head *head) {
	names := in.under("proofs/", ".tlog-proof")
	for _, name := range names {
		if err := checkProof(in, name, head); err != nil {
			failed("proofs: %s: %v", name, err)
			return
		}
	}
	if len(names) > 0 {
		ok("proofs: %d leaves with a proof are in the log", len(names))
	}
}

func checkProof(in files, name string, head *head) error {
	data, err := in.read(name)
	if err != nil {
		return err
	}
	parts := strings.SplitN(string(data), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if len(parts) != 2 || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return fmt.Errorf("it is no tlog-proof")
	}
	if parts[1] != string(head.note) {
		return fmt.Errorf("its head is not that of the log")
	}
	index, err := strconv.ParseInt(lines[1][6:], 10, 64)
	if err != nil || index < 0 || index >= head.tree.N {
		return fmt.Errorf("there is no leaf %s", lines[1][6:])
	}
	hashes, err := parseHashes(lines[2:])
	if err != nil {
		return err
	}
	leaf, err := head.hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return err
	}
	return tlog.CheckRecord(tlog.RecordProof(hashes), head.tree.N, head.tree.Hash, index, leaf[0])
}

func checkConsistency(in files, head *head) {
	names := in.under("consistency/", ".txt")
	for _, name := range names {
		if err := checkGrowth(in, name, head); err != nil {
			failed("consistency: %s: %v", name, err)
			return
		}
	}
	if len(names) > 0 {
		ok("consistency: %d files show that the log only grew", len(names))
	}
}

func checkGrowth(in files, name string, head *head) error {
	var older, newer int64
	sizes := strings.TrimSuffix(strings.TrimPrefix(name, "consistency/"), ".txt")
	if count, err := fmt.Sscanf(sizes, "%d-%d", &older, &newer); count != 2 || err != nil || fmt.Sprintf("%d-%d", older, newer) != sizes {
		return fmt.Errorf("its name has no two sizes")
	}
	if older < 1 || older > newer || newer > head.tree.N {
		return fmt.Errorf("it is of sizes that the log does not have")
	}
	data, err := in.read(name)
	if err != nil {
		return err
	}
	var lines []string
	if len(data) > 0 {
		lines = strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	}
	hashes, err := parseHashes(lines)
	if err != nil {
		return err
	}
	before, err := tlog.TreeHash(older, head.hashes)
	if err != nil {
		return err
	}
	after, err := tlog.TreeHash(newer, head.hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(tlog.TreeProof(hashes), newer, after, older, before)
}
