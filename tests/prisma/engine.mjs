// Prisma's schema engine, run from its npm packages: the engine is the WebAssembly that the Prisma CLI
// ships, the database is reached through Prisma's own adapter for PostgreSQL.
//
//   node engine.mjs deploy|status|dev-diagnostic --url URL --dir prisma/migrations
//   node engine.mjs resolve-applied|resolve-rolled-back NAME --url URL --dir prisma/migrations
//
// Prints one JSON object. A migration reaches the server as one query, as before Prisma 7.4.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg'

// Types of PostgreSQL's catalogs that the adapter refuses, as types that it reads.
const CATALOG_TYPES = { 18: 1042, 22: 1009, 24: 25, 30: 1009, 194: 25, 1003: 1009, 2205: 25, 2206: 25 }
const CHARACTER = 6

function engineClass() {
  const cli = path.dirname(createRequire(import.meta.url).resolve('prisma/package.json'))
  const code = new WebAssembly.Module(fs.readFileSync(path.join(cli, 'build', 'schema_engine_bg.wasm')))
  const instance = new WebAssembly.Instance(code, { './schema_engine_bg.js': glue })
  glue.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  return glue.SchemaEngine
}

function prepared(adapter) {
  const io = adapter.performIO.bind(adapter)
  const raw = adapter.queryRaw.bind(adapter)
  let characters = []
  adapter.performIO = async (query) => {
    const result = await io(query)
    characters = result.fields.map((field) => field.dataTypeID === 18)
    for (const field of result.fields) field.dataTypeID = CATALOG_TYPES[field.dataTypeID] ?? field.dataTypeID
    return result
  }
  adapter.queryRaw = async (query) => {
    const result = await raw(query)
    characters.forEach((is, column) => { if (is) result.columnTypes[column] = CHARACTER })
    return result
  }
  adapter.executeScript = async (script) => {
    try { await adapter.client.query(script) } catch (error) { adapter.onError(error) }
  }
  return adapter
}

// One connection for the whole run: the advisory lock belongs to a session.
async function pinned(adapter) {
  const pool = adapter.client
  const client = await pool.connect()
  client.on('error', () => {})
  adapter.client = client
  const dispose = adapter.dispose?.bind(adapter)
  adapter.dispose = async () => { adapter.client = pool; client.release(); await dispose?.() }
  return prepared(adapter)
}

function factory(url) {
  const parts = new URL(url)
  // Not connectionString, which would win over the name of the shadow database.
  const settings = {
    host: parts.searchParams.get('host') ?? parts.hostname, port: Number(parts.port || 5432),
    user: decodeURIComponent(parts.username), password: decodeURIComponent(parts.password) || undefined,
    database: decodeURIComponent(parts.pathname.slice(1)), max: 1, idleTimeoutMillis: 200, allowExitOnIdle: true,
  }
  const real = new PrismaPg(settings, { schema: parts.searchParams.get('schema') ?? 'public' })
  return {
    provider: real.provider, adapterName: real.adapterName,
    connect: async () => pinned(await real.connect()),
    connectToShadowDb: async () => prepared(await real.connectToShadowDb()),
  }
}

function migrations(folder) {
  const lock = path.join(folder, 'migration_lock.toml')
  const read = (name) => {
    try { return { tag: 'ok', value: fs.readFileSync(path.join(folder, name, 'migration.sql'), 'utf-8') } }
    catch (error) { return { tag: 'error', value: error.message } }
  }
  const folders = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: fs.existsSync(lock) ? fs.readFileSync(lock, 'utf-8') : null },
    migrationDirectories: folders
      .map((entry) => ({ path: entry.name, migrationFile: { path: 'migration.sql', content: read(entry.name) } }))
      .sort((one, other) => one.path.localeCompare(other.path)),
    shadowDbInitScript: '',
  }
}

const options = { url: { type: 'string' }, dir: { type: 'string' } }
const { values, positionals: [command, name] } = parseArgs({ allowPositionals: true, options })
const filters = { externalTables: [], externalEnums: [] }
const migrationsList = migrations(values.dir)
let engine
try {
  const schema = [['schema.prisma', 'datasource db {\n  provider = "postgresql"\n}\n']]
  engine = await engineClass().new({ datamodels: schema }, () => {}, bindMigrationAwareSqlAdapterFactory(factory(values.url)))
  const answer = await {
    deploy: () => engine.applyMigrations({ migrationsList, filters }),
    status: () => engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters }),
    'dev-diagnostic': () => engine.devDiagnostic({ migrationsList, filters }),
    'resolve-applied': () => engine.markMigrationApplied({ migrationName: name, migrationsList }),
    'resolve-rolled-back': () => engine.markMigrationRolledBack({ migrationName: name }),
  }[command]()
  console.log(JSON.stringify(answer ?? {}))
} catch (error) {
  console.log(JSON.stringify({ error: error.message, code: error.code ?? null, meta: error.meta ?? null }))
  process.exitCode = 2
} finally {
  engine?.free()
}
setTimeout(() => process.exit(), 1500).unref()
