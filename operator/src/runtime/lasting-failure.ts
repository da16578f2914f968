import { KubeError } from '../kube/index.ts';
import { inWords } from '../plan/index.ts';
import type { Action, Failure } from '../plan/index.ts';

/** What is to be told of an action that the API server refused; undefined if trying again may help without anybody doing anything. */
export function lastingFailure(action: Action, error: unknown): Failure | undefined {
  if (!(error instanceof KubeError) || error.transient) return undefined;
  const { status, message } = error;
  const told = { action: inWords(action), message };
  // In these words an authorizer speaks of a right; admission answers with the same status.
  const isRight = status === 401 || (status === 403 && / cannot \w+ resource /.test(message));
  if (action.kind === 'expandClaim' && !isRight) {
    return { ...told, reason: 'ExpansionRefused', message: whyNotExpanded(action, message) };
  }
  if (status === 401 || status === 403) return { ...told, reason: 'Forbidden' };
  return { ...told, reason: status === 422 || status === 400 ? 'Invalid' : 'ApiError' };
}

function whyNotExpanded(
  { storageClass, evidence }: Extract<Action, { readonly kind: 'expandClaim' }>,
  message: string,
): string {
  // Of the plugin that asks the class; a quota speaks for itself.
  if (!/must support resize/.test(message)) return message;
  const which = storageClass === undefined ? 'the claim has no StorageClass' : `StorageClass ${storageClass}`;
  const command = `kubectl patch storageclass ${storageClass} -p '{"allowVolumeExpansion":true}'`;
  const remedy = storageClass === undefined ? '' : ` If its driver can expand volumes: ${command}`;
  return `${which} does not allow expansion; the broker goes on with ${evidence.from}.${remedy}`;
}
