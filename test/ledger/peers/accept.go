// Asks golang.org/x/mod/sumdb about logs that others wrote: a question a line as JSON, an answer a line, "ok" or why it was refused.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Do      string
	Note    []byte
	Vkeys   []string
	Text    *string
	Entry   []byte
	Index   int64
	Old     int64
	OldRoot []byte
	Size    int64
	Root    []byte
	Path    [][]byte
	Folder  string
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		var asked question
		err := json.Unmarshal(lines.Bytes(), &asked)
		if err == nil {
			err = answer(asked)
		}
		if err != nil {
			fmt.Fprintln(out, "refused:", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Fprintln(out, "ok")
		}
	}
}

func answer(asked question) error {
	switch asked.Do {
	case "note":
		text, err := open(asked.Note, asked.Vkeys)
		if err == nil && asked.Text != nil && text != *asked.Text {
			return fmt.Errorf("another text: %q", text)
		}
		return err
	case "inclusion":
		path, root, _, err := hashes(asked)
		if err != nil {
			return err
		}
		return tlog.CheckRecord(tlog.RecordProof(path), asked.Size, root, asked.Index, tlog.RecordHash(asked.Entry))
	case "consistency":
		path, root, old, err := hashes(asked)
		if err != nil {
			return err
		}
		return tlog.CheckTree(tlog.TreeProof(path), asked.Size, root, asked.Old, old)
	case "canonical":
		return checkCanonical(asked.Entry)
	case "log":
		return checkLog(asked.Folder, asked.Vkeys)
	}
	return fmt.Errorf("no such question: %q", asked.Do)
}

func open(signed []byte, vkeys []string) (string, error) {
	var known []note.Verifier
	for _, vkey := range vkeys {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return "", err
		}
		known = append(known, verifier)
	}
	opened, err := note.Open(signed, note.VerifierList(known...))
	if err != nil {
		return "", err
	}
	return opened.Text, nil
}

func hashOf(bytes []byte) (hash tlog.Hash, err error) {
	if copy(hash[:], bytes) != tlog.HashSize || len(bytes) != tlog.HashSize {
		return hash, fmt.Errorf("a hash of %d bytes", len(bytes))
	}
	return hash, nil
}

func hashes(asked question) (path []tlog.Hash, root, old tlog.Hash, err error) {
	for _, bytes := range append([][]byte{asked.Root}, asked.Path...) {
		hash, err := hashOf(bytes)
		if err != nil {
			return nil, root, old, err
		}
		path = append(path, hash)
	}
	if asked.OldRoot != nil {
		old, err = hashOf(asked.OldRoot)
	}
	return path[1:], path[0], old, err
}

// tiles reads the files of a log. Its paths lack the height that those of x/mod have, and call the data entries.
type tiles string

func (folder tiles) Height() int                         { return 8 }
func (folder tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (folder tiles) ReadTiles(wanted []tlog.Tile) (read [][]byte, err error) {
	for _, tile := range wanted {
		path := strings.Replace(strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(folder), path))
		if err != nil {
			return nil, err
		}
		read = append(read, data)
	}
	return read, nil
}

// checkLog opens the checkpoint of a log and holds every entry against it by its tile, and the last of each bundle by a proof made from the tiles.
func checkLog(folder string, vkeys []string) error {
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	text, err := open(signed, vkeys)
	if err != nil {
		return err
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return fmt.Errorf("a checkpoint of %d lines", len(lines)-1)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tiles(folder))
	found, err := tlog.TreeHash(size, reader)
	if err != nil {
		return err
	}
	if found != root {
		return fmt.Errorf("the tiles have the root %v", found)
	}
	for first := int64(0); first < size; first += 256 {
		width := int(size - first)
		if width > 256 {
			width = 256
		}
		bundles, err := tiles(folder).ReadTiles([]tlog.Tile{{H: 8, L: -1, N: first / 256, W: width}})
		if err != nil {
			return err
		}
		entries, err := split(bundles[0])
		if err != nil {
			return err
		}
		if len(entries) != width {
			return fmt.Errorf("%d entries in place of %d", len(entries), width)
		}
		var places []int64
		for i := range entries {
			places = append(places, tlog.StoredHashIndex(0, first+int64(i)))
		}
		leaves, err := reader.ReadHashes(places)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			if tlog.RecordHash(entry) != leaves[i] {
				return fmt.Errorf("entry %d has not the hash of its tile", first+int64(i))
			}
		}
		last := first + int64(width) - 1
		proof, err := tlog.ProveRecord(size, last, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, size, root, last, leaves[width-1]); err != nil {
			return fmt.Errorf("entry %d: %v", last, err)
		}
	}
	return nil
}

func split(bundle []byte) (entries [][]byte, err error) {
	for rest := bytes.NewBuffer(bundle); rest.Len() > 0; {
		length := rest.Next(2)
		if len(length) < 2 || rest.Len() < int(binary.BigEndian.Uint16(length)) {
			return nil, fmt.Errorf("a bundle that is cut off")
		}
		entries = append(entries, rest.Next(int(binary.BigEndian.Uint16(length))))
	}
	return entries, nil
}

// checkCanonical reads JSON and writes it again: RFC 8785 of strings, booleans, null and integers below 2^53.
func checkCanonical(text []byte) error {
	reader := json.NewDecoder(bytes.NewReader(text))
	reader.UseNumber()
	var value interface{}
	if err := reader.Decode(&value); err != nil {
		return err
	}
	var written bytes.Buffer
	if err := write(&written, value); err != nil {
		return err
	}
	if !bytes.Equal(written.Bytes(), text) {
		return fmt.Errorf("canonical is %s", written.Bytes())
	}
	return nil
}

func write(to *bytes.Buffer, value interface{}) error {
	switch value := value.(type) {
	case nil:
		to.WriteString("null")
	case bool:
		fmt.Fprint(to, value)
	case json.Number:
		n, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil || n <= -1<<53 || n >= 1<<53 {
			return fmt.Errorf("%s is no integer below 2^53", value)
		}
		fmt.Fprint(to, n)
	case string:
		quote(to, value)
	case []interface{}:
		for i, one := range value {
			to.WriteString(map[bool]string{true: "[", false: ","}[i == 0])
			if err := write(to, one); err != nil {
				return err
			}
		}
		to.WriteString(map[bool]string{true: "[]", false: "]"}[len(value) == 0])
	case map[string]interface{}:
		var names []string
		for name := range value {
			names = append(names, name)
		}
		sort.Slice(names, func(i, j int) bool {
			a, b := utf16.Encode([]rune(names[i])), utf16.Encode([]rune(names[j]))
			for at := 0; at < len(a) && at < len(b); at++ {
				if a[at] != b[at] {
					return a[at] < b[at]
				}
			}
			return len(a) < len(b)
		})
		for i, name := range names {
			to.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
			quote(to, name)
			to.WriteByte(':')
			if err := write(to, value[name]); err != nil {
				return err
			}
		}
		to.WriteString(map[bool]string{true: "{}", false: "}"}[len(value) == 0])
	}
	return nil
}

func quote(to *bytes.Buffer, text string) {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	to.WriteByte('"')
	for _, character := range text {
		if escaped, found := short[character]; found {
			to.WriteString(escaped)
		} else if character < ' ' {
			fmt.Fprintf(to, `\u%04x`, character)
		} else {
			to.WriteRune(character)
		}
	}
	to.WriteByte('"')
}
