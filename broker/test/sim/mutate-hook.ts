import { registerHooks } from 'node:module';
import { applyEdit } from './mutations/apply-mutation.ts';
import { mutationNamed } from './mutations/index.ts';
import { editsOf } from './mutations/mutation.ts';

/**
 * Loaded with `--import` before anything else: hands out the source of modules with one mutation applied. The name of the
 * mutation is in CHRONIK_SIM_MUTATION.
 */
const mutation = mutationNamed(process.env['CHRONIK_SIM_MUTATION'] ?? '');
const edits = Map.groupBy(editsOf(mutation), (edit) => new URL(`../../src/${edit.file}`, import.meta.url).href);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const own = edits.get(url);
    if (own === undefined) return loaded;
    let source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
    for (const edit of own) source = applyEdit(mutation.name, edit, source);
    return { ...loaded, shortCircuit: true, source };
  },
});
