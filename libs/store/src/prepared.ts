/**
 * A statement that Drizzle builds, and a PostgreSQL server plans, once for each connection rather than at each use. For those
 * that every request or event runs; the plan is for tables of any size, so not for statements whose best plan changes with that.
 *
 * @param prepare Makes it for a database or a transaction, with `sql.placeholder`s for what changes and a name that no other
 *   statement of the service has: `(db) => db.insert(notes).values({ text: sql.placeholder('text') }).prepare('add_note')`
 */
export function prepared<Db extends object, Statement>(
  prepare: (db: Db) => Statement,
): (db: Db) => Statement {
  const known = new WeakMap<Db, Statement>();
  return (db) => {
    let statement = known.get(db);
    if (!statement) known.set(db, (statement = prepare(db)));
    return statement;
  };
}
