"""The other side of the live cross-check: one JSON request per line in, one JSON answer out.

Bytes travel as hexadecimal. An answer is {"ok": ...} or {"refused": true}.
"""

import hashlib
import json
import sys

import argon2
import bcrypt
import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def unhexed(request, *names):
    return [bytes.fromhex(request[name]) for name in names]


def field(data):
    return len(data).to_bytes(8, "big") + data


def associated(request):
    """The associated data of a credential, written from its description alone."""
    workspace, credential = unhexed(request, "workspace", "credential")
    parts = [b"morket/v1/credential", workspace, credential, request["provider"].encode(),
             request["field"].encode(), request["data_key_version"].to_bytes(4, "big")]
    return b"".join(map(field, parts))


def seal(request):
    key, nonce, message = unhexed(request, "key", "nonce", "message")
    return (b"\x01" + nonce + AESGCM(key).encrypt(nonce, message, associated(request))).hex()


def open_sealed(request):
    key, sealed = unhexed(request, "key", "sealed")
    assert sealed[0] == 1
    return AESGCM(key).decrypt(sealed[1:13], sealed[13:], associated(request)).hex()


def wrapping_key(request):
    master, workspace = unhexed(request, "master", "workspace")
    salt = hashlib.sha256(workspace).digest()
    info = f"morket/v1/{request['purpose']}".encode()
    return HKDF(SHA256(), 32, salt, info).derive(master).hex()


def verify_argon2id(request):
    return argon2.PasswordHasher().verify(request["stored"], request["password"])


def hash_argon2id(request):
    return argon2.PasswordHasher(2, 19456, 1).hash(request["password"])


def hash_bcrypt(request):
    return bcrypt.hashpw(request["password"].encode(), bcrypt.gensalt(12)).decode()


def read_jwt(request):
    times = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    body = jwt.decode(request["token"], bytes.fromhex(request["secret"]), ["HS256"],
                      audience="morket", issuer="https://morket.example", options=times)
    return {"header": jwt.get_unverified_header(request["token"]), "body": body}


def write_jwt(request):
    secret = bytes.fromhex(request["secret"])
    headers = {"typ": "at+jwt", "kid": request["kid"]}
    return jwt.encode(request["body"], secret, "HS256", headers)


ANSWERS = {
    "seal": seal,
    "open": open_sealed,
    "wrapping_key": wrapping_key,
    "verify_argon2id": verify_argon2id,
    "hash_argon2id": hash_argon2id,
    "hash_bcrypt": hash_bcrypt,
    "read_jwt": read_jwt,
    "write_jwt": write_jwt,
}


def answer(request):
    try:
        return {"ok": ANSWERS[request["do"]](request)}
    except (InvalidTag, argon2.exceptions.VerificationError, jwt.InvalidTokenError):
        return {"refused": True}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
