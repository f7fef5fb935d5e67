CREATE TABLE `task_logs` (
	`seq` integer PRIMARY KEY,
	`task_seq` integer NOT NULL,
	`attempt` integer NOT NULL,
	`lines` text NOT NULL,
	`decisions` text NOT NULL,
	CONSTRAINT `fk_task_logs_task_seq_tasks_seq_fk` FOREIGN KEY (`task_seq`) REFERENCES `tasks`(`seq`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `task_logs_of_task` ON `task_logs` (`task_seq`,`attempt`);