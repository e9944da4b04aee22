"""Who may do what: roles, the permission of each method, the policies that hold, a record of every decision."""
