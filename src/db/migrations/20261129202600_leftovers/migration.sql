CREATE TABLE `leftovers` (
	`seq` integer PRIMARY KEY,
	`task_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`url` text NOT NULL,
	`key` text NOT NULL,
	`tries` integer NOT NULL,
	`not_before_ms` integer NOT NULL
);
