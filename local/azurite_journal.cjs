"use strict";
// Loaded before Azurite: lets it survive kill -9 without losing anything that it has answered.
//
// Azurite keeps its tables, queues and blob lists in LokiJS, which writes whole files every five seconds. What came after
// the last write is lost when the process is killed. Here every change is also appended, before it is answered, to a
// journal beside the file. A journal is dropped once a whole file that holds its changes is in place, and played back when
// the file is loaded. Playing a change back twice does no harm: a record says what a document is, not what was done to it.

const fs = require("fs");
const path = require("path");
const Loki = require("lokijs");

const DATABASE = Symbol("database");
const JOURNAL = Symbol("journal");

class Journal {
  constructor(file) {
    this.prefix = `${file}.journal-`;
    this.number = Math.max(0, ...this.numbers()) + 1;
    this.handle = null;
    this.paused = false;
  }

  numbers() {
    const folder = path.dirname(this.prefix);
    const name = path.basename(this.prefix);
    if (!fs.existsSync(folder)) return [];
    const found = fs.readdirSync(folder).filter((entry) => entry.startsWith(name));
    return found.map((entry) => Number(entry.slice(name.length))).sort((one, other) => one - other);
  }

  write(record) {
    if (this.paused) return;
    if (this.handle === null) this.handle = fs.openSync(this.prefix + this.number, "a", 0o600);
    fs.writeSync(this.handle, JSON.stringify(record) + "\n");
  }

  // Begin a new journal, and return the number of the last one that the file about to be written makes needless.
  turn() {
    if (this.handle !== null) fs.closeSync(this.handle);
    this.handle = null;
    return this.number++;
  }

  drop(last) {
    for (const number of this.numbers()) if (number <= last) fs.unlinkSync(this.prefix + number);
  }

  *records() {
    for (const number of this.numbers()) {
      for (const line of fs.readFileSync(this.prefix + number, "utf8").split("\n")) {
        if (!line) continue;
        let record;
        try {
          record = JSON.parse(line);
        } catch {
          break; // The kill came while this line was being written, so nobody has got an answer for it.
        }
        yield record;
      }
    }
  }
}

function journalOf(database) {
  if (!(database.persistenceAdapter instanceof Loki.LokiFsAdapter)) return null;
  database[JOURNAL] ??= new Journal(database.filename);
  return database[JOURNAL];
}

function note(collection, record) {
  const database = collection[DATABASE];
  const journal = database && journalOf(database);
  if (journal) journal.write({ in: collection.name, ...record });
}

class Replay {
  constructor(database) {
    this.database = database;
    this.documents = new Map();
  }

  of(name) {
    const collection = this.database.getCollection(name);
    if (collection && !this.documents.has(name)) {
      this.documents.set(name, new Map(collection.data.map((document) => [document.$loki, document])));
    }
    return this.documents.get(name);
  }

  apply(record) {
    if ("add" in record) {
      this.database.addCollection(record.in, record.add ?? undefined);
    } else if (record.drop) {
      this.database.removeCollection(record.in);
      this.documents.delete(record.in);
    } else if ("put" in record) {
      this.of(record.in)?.set(record.put.$loki, record.put);
    } else {
      for (const id of record.remove) this.of(record.in)?.delete(id);
    }
  }

  finish() {
    for (const [name, documents] of this.documents) {
      const collection = this.database.getCollection(name);
      collection.data = [...documents.values()].sort((one, other) => one.$loki - other.$loki);
      collection.maxId = Math.max(collection.maxId, collection.data.at(-1)?.$loki ?? 0);
      collection.idIndex = null;
      collection.ensureId();
      collection.ensureAllIndexes(true);
      collection.dirty = true;
    }
  }
}

function replay(database) {
  const journal = journalOf(database);
  if (!journal) return;
  const pending = new Replay(database);
  for (const record of journal.records()) pending.apply(record);
  pending.finish();
}

function wrap(prototype, name, make) {
  const original = prototype[name];
  prototype[name] = make(original);
}

wrap(Loki.prototype, "addCollection", (original) => function addCollection(name, options) {
  const known = this.collections.some((collection) => collection.name === name);
  const collection = original.call(this, name, options);
  Object.defineProperty(collection, DATABASE, { value: this, enumerable: false, configurable: true });
  if (!known) note(collection, { add: options ?? null });
  return collection;
});

wrap(Loki.prototype, "removeCollection", (original) => function removeCollection(name) {
  const collection = this.collections.find((one) => one.name === name);
  original.call(this, name);
  if (collection) journalOf(this)?.write({ in: name, drop: true });
});

wrap(Loki.prototype, "loadDatabaseInternal", (original) => function loadDatabaseInternal(options, callback) {
  const journal = journalOf(this);
  if (journal) journal.paused = true;
  original.call(this, options, (error, data) => {
    let failure = error;
    try {
      if (!failure) replay(this);
    } catch (problem) {
      failure = problem;
    }
    if (journal) journal.paused = false;
    callback(failure, data);
  });
});

wrap(Loki.prototype, "saveDatabaseInternal", (original) => function saveDatabaseInternal(callback) {
  const journal = journalOf(this);
  const last = journal?.turn(); // The text of the file is made within the call below, before anything else can change.
  original.call(this, (error) => {
    if (!error) journal?.drop(last);
    callback?.(error);
  });
});

const Collection = Loki.Collection.prototype;

wrap(Collection, "insertOne", (original) => function insertOne(document, bulk) {
  const inserted = original.call(this, document, bulk);
  if (inserted) note(this, { put: inserted });
  return inserted;
});

wrap(Collection, "update", (original) => function update(document) {
  const result = original.call(this, document);
  if (!Array.isArray(document)) note(this, { put: this.get(document.$loki) });
  return result;
});

wrap(Collection, "remove", (original) => function remove(document) {
  const id = typeof document === "number" ? document : document?.$loki;
  const result = original.call(this, document);
  if (id !== undefined) note(this, { remove: [id] });
  return result;
});

wrap(Collection, "removeBatchByPositions", (original) => function removeBatchByPositions(positions) {
  const ids = positions.map((position) => this.data[position].$loki);
  const result = original.call(this, positions);
  note(this, { remove: ids });
  return result;
});
