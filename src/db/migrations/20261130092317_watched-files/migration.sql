CREATE TABLE `watched_files` (
	`watch` text NOT NULL,
	`path` text NOT NULL,
	`version` text NOT NULL,
	`target_key` text NOT NULL,
	`task_id` text NOT NULL,
	`gone_ms` integer,
	CONSTRAINT `watched_files_pk` PRIMARY KEY(`watch`, `path`, `version`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `watched_files_by_target` ON `watched_files` (`target_key`);