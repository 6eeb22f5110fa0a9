"""Reads the list of organizations with PyMongo, on command: one line in, the seconds it took out."""

import csv
import sys
import time

from pymongo import MongoClient

FIELDS = [
    "_id",
    "organization_name",
    "console.display_name",
    "is_active",
    "admin_email",
    "collection_name",
    "created_at",
    "updated_at",
]


def value(document, field):
    for part in field.split("."):
        document = document.get(part, {})
    if document == {}:
        return ""
    return document.isoformat() if hasattr(document, "isoformat") else document


def first_page(organizations):
    rows = list(organizations.find().sort("organization_name", 1).limit(100))
    return len(rows)


def read(organizations):
    return sum(1 for _ in organizations.find().sort("organization_name", 1))


def export(organizations):
    rows = 0
    with open(sys.argv[3], "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for document in organizations.find({}, FIELDS).sort("organization_name", 1):
            writer.writerow([value(document, field) for field in FIELDS])
            rows += 1
    return rows


def main():
    organizations = MongoClient(sys.argv[1])[sys.argv[2]]["organizations"]
    acts = {"page": first_page, "read": read, "export": export}
    for line in sys.stdin:
        start = time.perf_counter()
        rows = acts[line.strip()](organizations)
        print(time.perf_counter() - start, rows, flush=True)


main()
