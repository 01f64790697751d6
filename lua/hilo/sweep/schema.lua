--- sweep/schema.lua: the tables of a store: those that Optuna 4 and 5 keep (schema 12), so that either opens the other's file, and
--- beside them what Optuna has no place for.

--- Optuna's own. A study is a sweep, a trial one configuration of it; its value is the mean over its seeds.
local optuna = [[
CREATE TABLE studies (
   study_id INTEGER NOT NULL PRIMARY KEY, study_name VARCHAR(512) NOT NULL);
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE TABLE version_info (
   version_info_id INTEGER NOT NULL PRIMARY KEY, schema_version INTEGER, library_version VARCHAR(256), CHECK (version_info_id = 1));
CREATE TABLE study_directions (
   study_direction_id INTEGER NOT NULL PRIMARY KEY, direction VARCHAR(8) NOT NULL, study_id INTEGER NOT NULL,
   objective INTEGER NOT NULL, UNIQUE (study_id, objective), FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE TABLE study_user_attributes (
   study_user_attribute_id INTEGER NOT NULL PRIMARY KEY, study_id INTEGER, "key" VARCHAR(512), value_json TEXT,
   UNIQUE (study_id, "key"), FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE TABLE study_system_attributes (
   study_system_attribute_id INTEGER NOT NULL PRIMARY KEY, study_id INTEGER, "key" VARCHAR(512), value_json TEXT,
   UNIQUE (study_id, "key"), FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE TABLE trials (
   trial_id INTEGER NOT NULL PRIMARY KEY, number INTEGER, study_id INTEGER, state VARCHAR(8) NOT NULL, datetime_start DATETIME,
   datetime_complete DATETIME, FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE INDEX ix_trials_study_id ON trials (study_id);
CREATE TABLE trial_user_attributes (
   trial_user_attribute_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER, "key" VARCHAR(512), value_json TEXT,
   UNIQUE (trial_id, "key"), FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_system_attributes (
   trial_system_attribute_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER, "key" VARCHAR(512), value_json TEXT,
   UNIQUE (trial_id, "key"), FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_params (
   param_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER, param_name VARCHAR(512), param_value FLOAT, distribution_json TEXT,
   UNIQUE (trial_id, param_name), FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_values (
   trial_value_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER NOT NULL, objective INTEGER NOT NULL, value FLOAT,
   value_type VARCHAR(7) NOT NULL, UNIQUE (trial_id, objective), FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_intermediate_values (
   trial_intermediate_value_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER NOT NULL, step INTEGER NOT NULL, intermediate_value FLOAT,
   intermediate_value_type VARCHAR(7) NOT NULL, UNIQUE (trial_id, step), FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_heartbeats (
   trial_heartbeat_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER NOT NULL, heartbeat DATETIME NOT NULL,
   UNIQUE (trial_id), FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE alembic_version (
   version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO version_info VALUES (1, 12, '4.0.0');
INSERT INTO alembic_version VALUES ('v3.2.0.a');
]]

--- hilo_sweeps: what a sweep is asked to do, and who looks after it. hilo_runs: one process each, of a trial or, where trial_id is
--- NULL, of a stage that several trials share. state is WAITING, RUNNING, COMPLETE, PRUNED or FAIL; owner is the coordinator that runs
--- it and heartbeat when it last said so (seconds since 1970); begun is 1 once its folder is this run's; job is what a launcher calls
--- it; deaths counts ends without a result since the run last got on.
--- hilo_run_values: what each run reported.
local own = [[
CREATE TABLE IF NOT EXISTS hilo_sweeps (
   study_id INTEGER NOT NULL PRIMARY KEY, definition_json TEXT NOT NULL, stop INTEGER NOT NULL DEFAULT 0, owner TEXT, heartbeat FLOAT,
   FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE TABLE IF NOT EXISTS hilo_runs (
   run_id INTEGER NOT NULL PRIMARY KEY, study_id INTEGER NOT NULL, trial_id INTEGER, stage TEXT, name TEXT NOT NULL,
   script TEXT NOT NULL, seed INTEGER NOT NULL, options_json TEXT NOT NULL, needs_json TEXT NOT NULL, state TEXT NOT NULL, owner TEXT,
   heartbeat FLOAT, begun INTEGER NOT NULL DEFAULT 0, job TEXT, step INTEGER NOT NULL DEFAULT 0, value FLOAT, error TEXT,
   deaths INTEGER NOT NULL DEFAULT 0, seconds FLOAT NOT NULL DEFAULT 0, UNIQUE (study_id, name),
   FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE INDEX IF NOT EXISTS hilo_runs_state ON hilo_runs (study_id, state);
CREATE INDEX IF NOT EXISTS hilo_runs_trial ON hilo_runs (trial_id);
CREATE TABLE IF NOT EXISTS hilo_run_values (
   run_id INTEGER NOT NULL, step INTEGER NOT NULL, value FLOAT, PRIMARY KEY (run_id, step),
   FOREIGN KEY (run_id) REFERENCES hilo_runs (run_id));
]]

return {optuna = optuna, own = own, version = 12}
