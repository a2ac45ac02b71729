"""GOST R 34.10-2012 and GOST R 34.11-2012 as ESIA uses them.

Byte orders are openssl's, measured against it: keys and numbers of a certificate are little-endian, a signature is `s`
and then `r`, both big-endian, and the digest is read as a little-endian number.
"""
