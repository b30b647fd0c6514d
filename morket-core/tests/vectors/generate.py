"""Writes the test vectors beside this file, with other people's implementations.

    python generate.py

They are made by pyca/cryptography, argon2-cffi, bcrypt and PyJWT from one seed, so a second run
gives the same files. Invalid vectors are valid ones that were damaged in a named way.

There are as many as Wycheproof has for AES-GCM, HKDF and HMAC, but they are not Wycheproof's and
do not stand in for them: those aim at mistakes that are known, these at disagreement.
"""

import base64
import hashlib
import hmac
import json
import pathlib

import argon2.low_level as argon2
import bcrypt
import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HERE = pathlib.Path(__file__).parent


class Stream:
    """Random bytes that a name decides."""

    def __init__(self, name):
        self.name, self.count = name, 0

    def take(self, length):
        taken = b""
        while len(taken) < length:
            self.count += 1
            taken += hashlib.sha512(f"morket vectors 1 {self.name} {self.count}".encode()).digest()
        return taken[:length]

    def below(self, limit):
        return int.from_bytes(self.take(8), "big") % limit


def flip(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def write(name, vectors):
    for number, vector in enumerate(vectors, 1):
        vector["id"] = number
    rows = ",\n".join(json.dumps(vector, sort_keys=True) for vector in vectors)
    (HERE / f"{name}.json").write_text(f"[\n{rows}\n]\n")
    valid = sum(vector["valid"] for vector in vectors)
    print(f"{name}: {len(vectors)} vectors, {valid} valid")


def aes_gcm():
    draw = Stream("aes-gcm")
    lengths = [0, 1, 2, 15, 16, 17, 31, 32, 33, 48, 64, 65, 128, 255, 256, 1024]
    whole = []
    for number in range(120):
        key, nonce = draw.take(32), draw.take(12)
        aad = draw.take(lengths[draw.below(len(lengths))])
        message = draw.take(lengths[number % len(lengths)])
        sealed = AESGCM(key).encrypt(nonce, message, aad)
        whole.append({"key": key, "nonce": nonce, "aad": aad, "message": message,
                      "ciphertext": sealed[:-16], "tag": sealed[-16:]})
    vectors = [{**vector, "valid": True, "comment": "valid"} for vector in whole]
    for number in range(196):
        vectors.append(damaged_seal(draw, whole[number % len(whole)], number))
    for vector in vectors:
        check_seal(vector)
    write("aes_gcm", [hexed(vector) for vector in vectors])


def damaged_seal(draw, vector, number):
    vector = dict(vector)
    tag, kind = vector["tag"], number % 14
    if kind == 0:
        comment, vector["tag"] = "tag: one bit flipped", flip(tag, draw.below(128))
    elif kind == 1:
        comment, vector["tag"] = "tag: first bit flipped", flip(tag, 0)
    elif kind == 2:
        comment, vector["tag"] = "tag: last bit flipped", flip(tag, 127)
    elif kind == 3:
        comment, vector["tag"] = "tag: all bits flipped", bytes(byte ^ 255 for byte in tag)
    elif kind == 4:
        comment, vector["tag"] = "tag: zero", bytes(16)
    elif kind == 5:
        comment, vector["tag"] = "tag: all ones", b"\xff" * 16
    elif kind == 6:
        comment, vector["tag"] = "tag: truncated", tag[: draw.below(16)]
    elif kind == 7:
        comment, vector["tag"] = "tag: extended", tag + draw.take(1)
    elif kind == 8:
        comment, vector["tag"] = "tag: halves swapped", tag[8:] + tag[:8]
    elif kind == 9:
        comment, vector["aad"] = "associated data: one byte more", vector["aad"] + b"\0"
    elif kind == 10 and vector["aad"]:
        comment = "associated data: one bit flipped"
        vector["aad"] = flip(vector["aad"], draw.below(8 * len(vector["aad"])))
    elif kind == 11 and vector["ciphertext"]:
        comment = "ciphertext: one bit flipped"
        vector["ciphertext"] = flip(vector["ciphertext"], draw.below(8 * len(vector["ciphertext"])))
    elif kind == 12:
        comment, vector["nonce"] = "nonce: one bit flipped", flip(vector["nonce"], draw.below(96))
    else:
        comment, vector["key"] = "key: one bit flipped", flip(vector["key"], draw.below(256))
    return {**vector, "valid": False, "comment": comment}


def check_seal(vector):
    """The other implementation agrees with what the vector says of itself."""
    try:
        if len(vector["tag"]) != 16:
            raise InvalidTag
        sealed = vector["ciphertext"] + vector["tag"]
        opened = AESGCM(vector["key"]).decrypt(vector["nonce"], sealed, vector["aad"])
        assert vector["valid"] and opened == vector["message"], vector["comment"]
    except InvalidTag:
        assert not vector["valid"], vector["comment"]


def hkdf_sha256():
    draw, vectors = Stream("hkdf"), []
    sizes = [1, 16, 31, 32, 33, 42, 64, 65, 82, 255, 8159, 8160]
    for number in range(86):
        key = draw.take([16, 22, 32, 80, 0, 64][number % 6])
        salt = draw.take([0, 13, 32, 64, 80][number % 5])
        info = draw.take([0, 10, 20, 80][number % 4])
        valid = number % 10 != 9
        size = sizes[number % len(sizes)] if valid else 8161 + draw.below(3) * draw.below(4000)
        vector = {"key": key, "salt": salt, "info": info, "output": b"", "comment": "valid"}
        if valid:
            vector["output"] = HKDF(SHA256(), size, salt, info).derive(key)
        else:
            vector["comment"] = "longer than 255 blocks"
        vectors.append({**hexed(vector), "size": size, "valid": valid})
    write("hkdf_sha256", vectors)


def hmac_sha256():
    draw, vectors = Stream("hmac"), []
    for number in range(174):
        key = draw.take([32, 16, 64, 65, 131, 1, 0][number % 7])
        message = draw.take([0, 8, 55, 56, 64, 65, 128, 200][number % 8])
        tag = hmac.new(key, message, hashlib.sha256).digest()
        comment, shown = [
            ("valid", tag),
            ("valid", tag),
            ("one bit flipped", flip(tag, draw.below(256))),
            ("truncated", tag[: draw.below(32)]),
            ("extended", tag + b"\0"),
            ("zero", bytes(32)),
            ("halves swapped", tag[16:] + tag[:16]),
            ("of another message", hmac.new(key, message + b"\0", hashlib.sha256).digest()),
            ("SHA-512, cut to length", hmac.new(key, message, hashlib.sha512).digest()[:32]),
        ][number % 9]
        vector = {"key": key, "message": message, "tag": shown, "comment": comment}
        vectors.append({**hexed(vector), "valid": comment == "valid"})
    write("hmac_sha256", vectors)


def argon2id():
    """Low memory in most of them: they say whether the arithmetic agrees, not how slow it is."""
    draw, vectors = Stream("argon2id"), []
    passwords = ["", "a password", "p" * 73, "caf\u00e9", "cafe\u0301", "nul\0inside", "\U0001f511" * 20]
    for number, password in enumerate(passwords * 2):
        memory, passes, lanes = [(64, 1, 1), (256, 3, 2), (19456, 2, 1), (512, 2, 4)][number % 4]
        stored = argon2.hash_secret(password.encode(), draw.take(16), passes, memory, lanes, 32,
                                    argon2.Type.ID).decode()
        valid = number < len(passwords)
        vectors.append({"password": password if valid else password + "x", "stored": stored,
                        "upgrade": memory < 19456, "valid": valid,
                        "comment": "valid" if valid else "another password"})
    write("argon2id", vectors)


def bcrypt_hashes():
    draw, vectors = Stream("bcrypt"), []
    for password, shown, cost, prefix, comment in [
        ("a password", "a password", 12, b"2b", "valid"),
        ("caf\u00e9", "caf\u00e9", 12, b"2a", "valid"),
        ("p" * 72, "p" * 72, 12, b"2b", "valid"),
        ("a password", "another password", 12, b"2b", "another password"),
        ("p" * 72, "p" * 72 + "q", 12, b"2b", "differs after byte 72"),
        ("a password", "a password", 5, b"2b", "too cheap"),
    ]:
        salt = b"$%b$%02d$" % (prefix, cost) + bcrypt_base64(draw.take(16))
        stored = bcrypt.hashpw(password.encode(), salt).decode()
        vectors.append({"password": shown, "stored": stored, "upgrade": True,
                        "valid": comment == "valid", "comment": comment})
    write("bcrypt", vectors)


def bcrypt_base64(salt):
    ours = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    theirs = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return base64.b64encode(salt).rstrip(b"=").translate(bytes.maketrans(theirs, ours))


def access_tokens():
    draw, vectors = Stream("jwt"), []
    secret, now = draw.take(32), 1_795_269_831
    headers = {"typ": "at+jwt", "kid": "2026-11"}

    def add(comment, valid=False, key=secret, algorithm="HS256", header=None, **changes):
        body = {"iss": "https://morket.example", "aud": "morket",
                "sub": uuid(draw), "sid": uuid(draw), "jti": uuid(draw),
                "iat": now, "nbf": now, "exp": now + 900, **changes}
        token = jwt.encode(body, key, algorithm, {**headers, **(header or {})})
        vectors.append({"secret": secret.hex(), "now": now, "token": token, "sub": body["sub"],
                        "valid": valid, "comment": comment})

    add("valid", valid=True)
    add("valid: last second", valid=True, iat=now - 899, nbf=now - 899, exp=now + 1)
    add("expired now", iat=now - 900, nbf=now - 900, exp=now)
    add("not yet", nbf=now + 1)
    add("lives too long", exp=now + 901)
    add("another issuer", iss="https://evil.example")
    add("another audience", aud="other")
    add("a list of audiences", aud=["morket"])
    add("another key", key=draw.take(32))
    add("HS384", algorithm="HS384", key=secret + secret)
    add("HS512", algorithm="HS512", key=secret + secret)
    add("unsigned", algorithm="none", key=None)
    add("another type", header={"typ": "JWT"})
    add("an unknown key id", header={"kid": "2026-12"})
    add("jwk", header={"jwk": {"kty": "oct", "k": "AAAA"}})
    add("jku", header={"jku": "https://evil.example/keys"})
    add("x5u", header={"x5u": "https://evil.example/cert"})
    add("crit", header={"crit": ["exp"]})
    write("jwt", vectors)


def uuid(draw):
    digits = draw.take(16).hex()
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


def hexed(vector):
    return {name: value.hex() if isinstance(value, bytes) else value
            for name, value in vector.items()}


if __name__ == "__main__":
    aes_gcm()
    hkdf_sha256()
    hmac_sha256()
    argon2id()
    bcrypt_hashes()
    access_tokens()
