// The real schema engine of the installed `prisma` package (Rust as WASM), given a database.
//
// `prisma` brings the engine, @prisma/schema-engine-wasm the JavaScript around it. PostgreSQL goes
// through an adapter of our own with one connection for the whole run, as the native engine has it:
// its advisory lock belongs to the session.
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'
import pg from 'pg'
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum as Type, DriverAdapterError } from '@prisma/driver-adapter-utils'

const require = createRequire(import.meta.url)
const ORDINARY = { externalTables: [], externalEnums: [] }
export const filters = ORDINARY

// object ids of pg_type -> what the engine is told; everything else is text
const TYPES = {
  16: Type.Boolean, 18: Type.Character, 20: Type.Int64, 21: Type.Int32, 23: Type.Int32, 26: Type.Int64,
  700: Type.Float, 701: Type.Double, 1700: Type.Numeric, 1042: Type.Text, 1082: Type.Date,
  1114: Type.DateTime, 1184: Type.DateTime, 114: Type.Json, 3802: Type.Json, 2950: Type.Uuid,
  1002: Type.CharacterArray, 1003: Type.TextArray, 1009: Type.TextArray, 1015: Type.TextArray,
  1005: Type.Int32Array, 1007: Type.Int32Array, 1016: Type.Int64Array, 1028: Type.Int64Array,
}
const ARRAYS = new Set([1002, 1003, 1005, 1007, 1009, 1015, 1016, 1028])

function value(oid, text) {
  if (text === null) return null
  if (oid === 16) return text === 't'
  if ([21, 23, 700, 701].includes(oid)) return Number(text)
  if (oid === 1114 || oid === 1184) return text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00').replace(/(T[^+-]*)$/, '$1+00:00')
  if (ARRAYS.has(oid)) return pg.types.getTypeParser(1009, 'text')(text).map((x) => (oid === 1005 || oid === 1007 ? Number(x) : x))
  return text
}

let statements = {}
export function setStatements(found) { statements = found }

class Postgres {
  provider = 'postgres'
  adapterName = 'migralint-judge'
  constructor(client, schema) { this.client = client; this.schema = schema }
  getConnectionInfo() { return { schemaName: this.schema, supportsRelationJoins: false } }

  async ask(text, values) {
    try {
      return await this.client.query({ text, values, rowMode: 'array', types: { getTypeParser: () => (x) => x } })
    } catch (error) {
      throw new DriverAdapterError({
        kind: 'postgres', code: error.code ?? 'N/A', originalCode: error.code, originalMessage: error.message,
        severity: error.severity ?? 'ERROR', message: error.message, detail: error.detail, column: error.column, hint: error.hint,
      })
    }
  }

  async queryRaw({ sql, args }) {
    const found = await this.ask(sql, args)
    const oids = found.fields.map((field) => field.dataTypeID)
    return {
      columnNames: found.fields.map((field) => field.name),
      columnTypes: oids.map((oid) => TYPES[oid] ?? Type.Text),
      rows: found.rows.map((row) => row.map((text, place) => value(oids[place], text))),
    }
  }
  async executeRaw({ sql, args }) { return (await this.ask(sql, args)).rowCount ?? 0 }
  // The engine up to 7.3 sends the whole file as one simple query, that from 7.4 on its statements one
  // by one, where it can parse them all: the statements are then given with the request.
  async executeScript(script) { for (const text of statements[script] ?? [script]) await this.ask(text) }
  async startTransaction() {
    await this.ask('BEGIN')
    const self = this
    return Object.assign(Object.create(self), {
      options: { usePhantomQuery: false }, commit: () => self.ask('COMMIT'), rollback: () => self.ask('ROLLBACK'),
    })
  }
  async dispose() { await this.client.end() }
}

async function postgres(url, database) {
  const parts = new URL(url)
  const schema = parts.searchParams.get('schema') ?? 'public'
  const client = new pg.Client({
    host: parts.hostname, port: Number(parts.port || 5432), user: decodeURIComponent(parts.username),
    password: decodeURIComponent(parts.password) || undefined, database: database ?? decodeURIComponent(parts.pathname.slice(1)),
  })
  client.on('error', () => {})
  await client.connect()
  await client.query(`SET search_path TO "${schema.replaceAll('"', '""')}"`)
  return new Postgres(client, schema)
}

// The engine lets go of its connections only when the process ends, and the lock goes with them.
const opened = []
const kept = async (adapter) => { opened.push(adapter); return adapter }
export async function closeAll() {
  for (const adapter of opened.splice(0)) { try { await adapter.dispose() } catch {} }
}

async function factory(url) {
  if (url.startsWith('file:')) {
    const { PrismaLibSql } = await import('@prisma/adapter-libsql')
    // what the native engine writes are integer milliseconds
    const found = new PrismaLibSql({ url }, { timestampFormat: 'unixepoch-ms' })
    const connect = found.connect.bind(found)
    found.connect = async () => kept(await connect())
    return found
  }
  return {
    provider: 'postgres', adapterName: 'migralint-judge',
    connect: async () => kept(await postgres(url)),
    connectToShadowDb: async () => {
      const name = `shadow_${process.pid}_${Date.now()}`
      const main = await postgres(url)
      await main.ask(`CREATE DATABASE ${name}`)
      const shadow = await postgres(url, name)
      const end = shadow.dispose.bind(shadow)
      shadow.dispose = async () => { await end(); await main.ask(`DROP DATABASE ${name} WITH (FORCE)`); await main.dispose() }
      return shadow
    },
  }
}

let loaded
async function engineClass() {
  if (loaded) return loaded
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const shipped = path.join(path.dirname(require.resolve('prisma/package.json')), 'build', 'schema_engine_bg.wasm')
  const instance = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(shipped)), { './schema_engine_bg.js': glue })
  glue.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  return (loaded = glue.SchemaEngine)
}

export async function engine(url, datamodels) {
  const provider = url.startsWith('file:') ? 'sqlite' : 'postgresql'
  const models = datamodels ?? [['schema.prisma', `datasource db {\n  provider = "${provider}"\n}\n`]]
  const Engine = await engineClass()
  return Engine.new({ datamodels: models }, () => {}, bindMigrationAwareSqlAdapterFactory(await factory(url)))
}

// The folder as Prisma's CLI lists it.
export function migrationsOf(folder) {
  const lock = path.join(folder, 'migration_lock.toml')
  const names = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const read = (name) => {
    try { return { tag: 'ok', value: fs.readFileSync(path.join(folder, name, 'migration.sql'), 'utf-8') } }
    catch (error) { return { tag: 'error', value: error.message } }
  }
  return {
    baseDir: folder, shadowDbInitScript: '',
    lockfile: { path: 'migration_lock.toml', content: fs.existsSync(lock) ? fs.readFileSync(lock, 'utf-8') : null },
    migrationDirectories: names.sort((a, b) => a.localeCompare(b)).map((name) => ({ path: name, migrationFile: { path: 'migration.sql', content: read(name) } })),
  }
}
