"""A verifier written from docs/ledger.md alone, with nothing but Python's own library. Reads the vectors of that page, or texts to write canonically."""
import base64, hashlib, json, re, sys


def H(data): return hashlib.sha256(data).digest()
def leaf(data): return H(b"\0" + data)
def node(left, right): return H(b"\1" + left + right)


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else H(b"")
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node(root(leaves[:split]), root(leaves[split:]))


def canonical(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        text.encode()  # half a character has no bytes
        return text
    if isinstance(value, int) and abs(value) < 2**53:
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
    raise ValueError("no canonical form")


def follow(hash, at, size, path):
    last, path = size - 1, list(path)
    assert 0 <= at < size
    while last > 0:
        if at % 2 == 1:
            hash = node(path.pop(0), hash)
        elif at < last:
            hash = node(hash, path.pop(0))
        at, last = at // 2, last // 2
    assert not path
    return hash


def consistent(m, old_root, n, new_root, path):
    at, last, path = m - 1, n - 1, list(path)
    while at % 2 == 1:
        at, last = at // 2, last // 2
    old = new = path.pop(0) if at else old_root
    for h in path:
        assert last > 0
        if at % 2 == 1 or at == last:
            old, new = node(h, old), node(h, new)
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            new = node(new, h)
        at, last = at // 2, last // 2
    return last == 0 and old == old_root and new == new_root


def unhex(text):
    assert re.fullmatch("[0-9a-f]{64}", text)
    return bytes.fromhex(text)


def parsed(text):
    value = json.loads(text)
    assert canonical(value) == text
    return value


def in_tree(part, expected, size=None):
    assert size is None or part["size"] == size
    got = follow(leaf(part["leaf"].encode()), part["index"], part["size"], [unhex(h) for h in part["path"]])
    assert got == expected
    return parsed(part["leaf"])


def absent(part, name, expected, size=None):
    before, after = part["before"], part["after"]
    sides = [side for side in (before, after) if side]
    width = sides[0]["size"] if sides else 0
    assert sides or expected == H(b"")
    assert all(side["size"] == width for side in sides)
    assert (after["index"] if after else width) == (before["index"] if before else -1) + 1
    for side, sign in ((before, -1), (after, 1)):
        if side:
            other = in_tree(side, expected, size)[name]
            assert (other.encode() < part["name"].encode()) == (sign < 0) and other != part["name"]


def shown(text):
    """What a proof of a state shows."""
    proof = parsed(text)
    cycle = parsed(proof["cycle"]["leaf"])
    state = unhex(cycle["state"]["root"])
    if "noScope" in proof:
        assert proof["noScope"]["name"].split("/")[0] == cycle["connection"]
        absent(proof["noScope"], "scope", state)
        return "no scope"
    scope = in_tree(proof["scope"], state)
    if scope["status"] == "failed":
        assert "item" not in proof and "noItem" not in proof
        return "failed"
    items = unhex(scope["root"])
    if "item" in proof:
        return "item " + in_tree(proof["item"], items, scope["items"])["vector"]
    absent(proof["noItem"], "item", items, scope["items"])
    sides = [parsed(side["leaf"])["item"] for side in (proof["noItem"]["before"], proof["noItem"]["after"]) if side]
    assert proof["noItem"]["name"].startswith("salted:") or not any(side.startswith("salted:") for side in sides)
    return "no item"


def vectors(page):
    blocks = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", page, re.S | re.M))
    line = {name: text[:-1] for name, text in blocks.items()}
    lines = {name: text.split("\n") for name, text in line.items()}
    table = lambda name: dict(row.split() for row in lines[name])

    leaves = [leaf(entry.encode()) for entry in lines["entries"]]
    hashes = table("hashes")
    assert hashes["empty"] == root([]).hex() and hashes["leaf0"] == leaves[0].hex() and hashes["leaf1"] == leaves[1].hex()
    assert hashes["node01"] == node(*leaves[:2]).hex()
    assert all(hashes[f"root{n}"] == root(leaves[:n]).hex() for n in (1, 2, 3, 5, 7))
    yield "hashes"
    assert canonical(json.loads(lines["canonical"][0])) == lines["canonical"][1]
    assert sorted(lines["order"], key=str.encode) == lines["order"]
    for refused in lines["not-canonical"]:
        try:
            canonical(json.loads(refused))
            assert False
        except (ValueError, UnicodeEncodeError):
            pass
    yield "canonical JSON"

    origin, size, encoded = lines["checkpoint"]
    assert origin == line["origin"] and int(size) == 7 and base64.b64decode(encoded) == root(leaves)
    for vkey, kind in zip(lines["vkeys"], (1, 4)):
        name, id, key = vkey.split("+", 2)
        assert base64.b64decode(key)[0] == kind and H(name.encode() + b"\n" + base64.b64decode(key))[:4].hex() == id
    text, signatures = blocks["note"].rsplit("\n\n", 1)
    assert text + "\n" == blocks["checkpoint"] and signatures.endswith("\n")
    for signed, vkey, length in zip(signatures.split("\n"), lines["vkeys"], (68, 76)):
        dash, name, value = signed.split(" ")
        value = base64.b64decode(value, validate=True)
        assert dash == "\u2014" and name == vkey.split("+")[0] and value[:4].hex() == vkey.split("+")[1] and len(value) == length
    time = int.from_bytes(value[4:12], "big")
    assert blocks["cosigned"] == f"cosignature/v1\ntime {time}\n" + blocks["checkpoint"]
    yield "checkpoint"

    assert bytes.fromhex(line["tile"]) == leaves[0] + leaves[1]
    assert bytes.fromhex(line["bundle"]) == b"".join(len(entry).to_bytes(2, "big") + entry.encode() for entry in lines["entries"][:2])
    yield "tiles"
    head, note = blocks["tlog-proof"].split("\n\n", 1)
    first, index, *path = head.split("\n")
    assert first == "c2sp.org/tlog-proof@v1" and note == blocks["note"]
    assert follow(leaves[3], int(index.split(" ")[1]), 7, map(base64.b64decode, path)) == root(leaves)
    assert consistent(5, root(leaves[:5]), 7, root(leaves), map(base64.b64decode, lines["consistency"]))
    yield "proofs"

    for name, text in line.items():
        if name.endswith(("-leaf", "-leaves")) or name in ("snapshots", "details", "rule-set", "looks", "cycle-manifest", "entry-body"):
            for one in text.split("\n"):
                parsed(one)
    cycle, scopes, items, changes = (list(map(parsed, lines[name])) for name in ("cycle-leaf", "scope-leaves", "item-leaves", "change-leaves"))
    cycle = cycle[0]
    hex_of = lambda text: H(text.encode()).hex()
    assert cycle["ruleSet"] == hex_of(line["rule-set"]) and cycle["scopes"]["looks"] == hex_of(line["looks"]) and cycle["manifest"]["sha256"] == hex_of(line["cycle-manifest"])
    assert parsed(line["entry-leaf"])["body"]["sha256"] == hex_of(line["entry-body"])
    tree = lambda name: root([leaf(text.encode()) for text in lines[name]]).hex()
    assert cycle["state"]["root"] == tree("scope-leaves") and cycle["changes"] == {"n": len(changes), "root": tree("change-leaves")}
    assert scopes[1]["root"] == tree("item-leaves") and scopes[1]["items"] == len(items) == cycle["state"]["items"]
    for item, snapshot, detail, change in zip(items, lines["snapshots"], lines["details"], changes):
        assert item["snapshot"] == hex_of(snapshot) and item["detail"] == hex_of(detail)
        letters = {"pass": "P", "fail": "F", "not-applicable": "N", "unobserved": "U", "pending": "W"}
        assert item["vector"] == "".join(letters[judgement["result"]] for judgement in parsed(detail))
        assert change["leaf"] == leaf(canonical(item).encode()).hex() and change["scope"] == scopes[1]["scope"]
    yield "leaves"

    ids, asked = lines["request-ids"], table("request-sample")
    ids_root = root([leaf(id.encode()) for id in ids])
    seed, chosen, k = H(unhex(asked["previous"]) + ids_root), set(), 0
    while len(chosen) < min(8, len(ids)):
        chosen.add(int.from_bytes(H(seed + k.to_bytes(4, "big"))[:6], "big") % len(ids))
        k += 1
    assert asked["root"] == ids_root.hex() and asked["sample"].split(",") == [ids[i] for i in sorted(chosen)]
    yield "request ids"
    for name in ("proof-item", "proof-no-item", "proof-failed", "proof-no-scope"):
        yield shown(line[name])


if sys.argv[1] == "canonical":
    for text in sys.stdin:
        print(json.dumps(canonical(json.loads(text))))
elif sys.argv[1] == "shown":
    for text in sys.stdin:
        try:
            print(shown(text[:-1]))
        except Exception as error:
            print("refused:", type(error).__name__)
else:
    for said in vectors(open(sys.argv[2], encoding="utf-8").read()):
        print(said)
