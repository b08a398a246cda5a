// One JSON request a line, one JSON answer a line: {"command", "url", "folder", "name", "statements"}.
import readline from 'node:readline'
import { closeAll, engine, filters, migrationsOf, setStatements } from './engine.mjs'

const COMMANDS = {
  deploy: (made, migrationsList) => made.applyMigrations({ migrationsList, filters }),
  status: (made, migrationsList) => made.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters }),
  dev: (made, migrationsList) => made.devDiagnostic({ migrationsList, filters }),
  applied: (made, migrationsList, name) => made.markMigrationApplied({ migrationName: name, migrationsList }),
  'rolled-back': (made, migrationsList, name) => made.markMigrationRolledBack({ migrationName: name }),
}

async function answer({ command, url, folder, name, statements }) {
  let made
  setStatements(statements ?? {})
  try {
    made = await engine(url)
    return { result: (await COMMANDS[command](made, migrationsOf(folder), name)) ?? {} }
  } catch (error) {
    return { error: { code: error.code ?? null, message: error.message } }
  } finally {
    await closeAll()
    try { made?.free() } catch {}
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`)
}
process.exit(0)
