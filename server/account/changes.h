/* SPDX-License-Identifier: MIT */
/* The errands that change something. */
#pragma once

#include "server/account/errand.h"

/* changes.c: those that the reference server has as well, with its words */
extern const struct errand_kind change_add_org, change_add_user, change_remove_org,
	change_remove_user, change_suspend_org, change_suspend_user, change_resume_org,
	change_resume_user, change_redirect_org;

/* change_user.c */
extern const struct errand_kind change_rename_user, change_rekey_user, change_bind_user,
	change_alias_user;
/* change_quota.c */
extern const struct errand_kind change_quota_org, change_quota_user;
/* change_device.c */
extern const struct errand_kind change_rename_device, change_revoke_device, change_forget_device;
