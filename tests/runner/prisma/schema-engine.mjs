#!/usr/bin/env node
// Stands where the CLI of Prisma looks for its native engine (PRISMA_SCHEMA_ENGINE_BINARY): the same
// JSON-RPC over stdin and stdout, answered by the same engine as WASM.
import fs from 'node:fs'
import readline from 'node:readline'
import pg from 'pg'
import { engine } from './engine.mjs'

const argv = process.argv.slice(2)
if (argv.includes('--version')) { console.log('schema-engine-cli migralint-judge'); process.exit(0) }
const models = []
let url = process.env.DATABASE_URL
let sub = ''
for (let place = 0; place < argv.length; place++) {
  if (argv[place] === '--datamodels') models.push(argv[++place])
  else if (argv[place] === '--datasource') url = JSON.parse(argv[++place]).url ?? url
  else if (argv[place] === 'cli') sub = argv[++place]
}
if (sub === 'can-connect-to-database') {
  const client = new pg.Client({ connectionString: url.split('?')[0] })
  try { await client.connect(); await client.end(); process.exit(0) }
  catch (error) {
    const level = { is_panic: false, error_code: error.code === '3D000' ? 'P1003' : 'P1001', message: error.message }
    process.stderr.write(`${JSON.stringify({ timestamp: new Date().toISOString(), level: 'ERROR', fields: level, target: 'schema_engine' })}\n`)
    process.exit(1)
  }
}

const given = models.map((file) => [file, fs.readFileSync(file, 'utf-8')])
let made
let queue = Promise.resolve()
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
const lines = readline.createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const request = line.trim() ? JSON.parse(line) : {}
  if (!request.method) return
  queue = queue.then(async () => {
    try {
      made ??= await engine(url, given.length ? given : undefined)
      const method = request.method === 'getDatabaseVersion' ? 'version' : request.method
      send({ id: request.id, result: (await made[method](request.params)) ?? null })
    } catch (error) {
      const data = { is_panic: false, message: error.message, meta: error.meta ?? null, error_code: error.code ?? null }
      send({ id: request.id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data } })
    }
  })
})
lines.on('close', () => queue.then(() => process.exit(0)))
