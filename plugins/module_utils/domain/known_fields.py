# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that belong to the services and not to a tenant: what may stay readable when replies are de-identified.

Field names and the words of enumerations are those of the published API descriptions (control-plane §4), vSphere's and
our own; the rest was added by hand. Whatever is not here is taken for an identifier, so a word that is missing costs
readability, and a word too many costs privacy: add none that a person could have chosen.
"""

from __future__ import annotations

# Names of fields, as keys of objects.
FIELDS = frozenset(
    """
    $filter $skipToken $skiptoken $top AadAppDetails aadApplicationObjectId aadAuthority aadClientId
    aadServicePrincipalObjectId aadTenantId about accessLevel accessMode accessRules accessRulesVersion actions
    actionsRequired activeLocation activityId adapter adapterIPConfig adapterName adapterProperties
    adapterPropertyOverrides adapterType additionalData additionalInfo additionalProperties address addresses
    addressPrefix addressPrefixes adFqdn adminPassword adminUsername adouPath affectedObjectDetails
    affectedObjectsCount affectedResourceCorrelationIds affectedResources affectedResourceType after
    agentConfiguration agentDetails agentErrorCode agentErrorMessage agentErrorPossibleCauses
    agentErrorRecommendedAction agentUpgrade agentVersion aggregateState allocatedMemoryInMb allowedActions
    allowedJobs allowMultipleSites altGuestName api api-version api_type api_version apiVersion appBase appBasePath
    appConsistentFrequencyInMinutes AppID ApplianceDetails ApplianceName applianceName applianceNames
    applianceNameToSiteIdMapV2 applianceNameToSiteIdMapV3 applianceRegistrationTimeStamp applicationDiscovery
    applicationId applicationPool applicationPoolName applications AppName appsAndRoles arcApplicationClientId
    arcApplicationObjectId arcApplicationTenantId arcDiscovery arcInstance arcInstanceResourceGroup
    arcNodeResourceIds arcNodeServicePrincipalObjectId arcResourceId arcScope arcServicePrincipalObjectId
    asrprotectedmachine asrServiceUri assemblyInfo assemblyVersion assessedCount assessmentActivityId
    assessmentCount assessmentMode assignableScopes assignedLicense assignedLicenseImmutableId assignedLicenses
    aszmigratedCount aszreplicatingCount asztestMigratedCount at attestationResourceId attestationServiceEndpoint
    attributes audience authenticationIdentity autoEnableDependencyMapping autoUpgradeMinorVersion
    availabilityGroupArmId availabilityGroupName availabilityGroupType availabilityReplicaId availabilityReplicaName
    availabilityReplicas availabilityType available availablePatchCountByClassification availableSizeMB
    azStackHciFabricArmId azStackHciSiteId azureServiceEndpoint backing bandwidthPercentage_SMB
    bandwidthPercentageSmb before billingEndDate billingModel billingProperties billingStartDate bindings bios_uuid
    biosGuid biosId biosSerialNumber bitlockerBootVolume bitlockerDataVolumes bizTalkServers blobCreationTimeStamp
    blobName blobSasUri blockSizeBytes body bootType build bus c capabilities capabilitiesEnabled capabilityName
    capacity_bytes capacityInBytes capacityInGb catalinaHome catalog catalogPlanId category causes cbt_enabled
    cbt_supported CertificateContents changeTrackingEnabled changeTrackingSupported childErrors childrenJobs city
    classificationsToInclude cleanupState clientId clientPublicKey clientRequestId clock cloudAccountName cloudId
    cloudInitDataSource cloudManagementEndpoint cloudMetadata cluster cluster_id clusterCapabilities clusterCount
    clustered clusterFqdn clusterId clusterName clusterNetworkConfig clusterNodes clusterPattern
    clusterSharedVolumePath clusterType clusterVersion code commaSeparatedIps comments compatibilityLevel
    componentId components componentVersions computerName condition conditionVersion configMode
    configurationLocation configurationMode configurations connected connection connectionErrorMessage
    connectionStatus connectivityProperties connectivityStatus connectors consentTime consolidation_needed
    containerId containerSizeMB content contentVersion continuationToken controller controllerId controllerLocation
    controllerName controllerType convertToGen2 coreCount correlationId count countryOrRegion cpu_cores
    crashConsistentFrequencyInMinutes createdAt createdBy createdByType createdOn createdTimestamp creationTime
    credentialGuardEnforced credentialList credentials credentialType critical currentJob currentOemVersion
    currentSbeVersion currentVersion customEmailAddresses customerStorageAccountArmId customLocation
    customLocationRegion customProperties data dataActions dataAtRestEncrypted databaseCount
    databaseInstancesAssessedCount databaseName databasesAssessedCount databaseType dataCenterScope dataDisks
    dataInTransitProtected dataProtectionRequested datastore datastores deepDiscoveryDisabled defaultExtensions
    defaultGateway defaultIsolationId definition delegatedManagedIdentityResourceId deletionConfirmation
    dependencyEnabledMachines dependencyMapDiscovery dependencyMapping dependencyMappingEndTime
    dependencyMappingStartTime deploymentConfiguration deploymentData deploymentMode deploymentStatus description
    desiredProperties desiredVersion details detectedProperties deviceConfiguration deviceMetadata deviceState
    dhcpOptions diagnosticLevel diagnosticSettingsVersion direction directories disablePasswordAuthentication
    discoveredCount discoveredWorkloads discoveryScenario discoveryScope discoveryScopeErrorSummaries
    discoveryScopeStatus discoverySiteId discoverySolutionId discoverySource discoveryStatus disenrollmentDate
    diskBlockSize diskController diskEnabledUuid diskFileFormat diskId diskIdentifier diskIds diskLogicalSectorSize
    diskMode diskPhysicalSectorSize diskProvisioningPolicy disks diskScrubbingPolicy diskSizeGB disksToInclude
    diskType displayName displayStatus district dnsForwarder dnsFqdn dnsHostName dnsServerConfig dnsServers
    dnsSettings dnsZoneName dnsZones domainFqdn domainName downloadSizeInMB downloadStatus driftControlEnforced
    driverVersion drtmProtection duration dynamic dynamicMemoryConfig eceSecretName edgeDeviceIds edition
    ehcResourceId enable32BitApiOnWin64 enableAutomaticUpdates enableAutomaticUpgrade enabled enabledLogCategories
    enableHotpatching enableIov enableStorageAutoIp enableTPM encryptStateAndVmMigrationTraffic end endDateTime
    endingAddress endTime endTimeCollected endTimeUtc engine engineEdition enrollmentDate entities entity
    episodicDataUpload error errorCode errorCount errorDetails errorId errorMessage errors errorSasUri errorSummary
    esuEligibility esuKeys esuKeyState esuProfile esuStatus esuYear eTag etag euLocation eventName events
    eventSourceFriendlyName eventType exception exchangeServers excludedPatchCount excludeKbsRequiringReboot
    expectedExecutionTime expectedHash expirationTimeStamp expirationTimestamp extendedDetails extendedLocation
    extension extensionEnabled extensionName extensionParameters extensionProfile extensionResourceId extensions
    extensionsAllowList extensionsBlockList extensionsEnabled extensionService extensionTargets extensionType
    fabricAgentId fabricContainerId fabricDiscoveryMachineId fabricId fabricLayoutUpdateSources fabricObjectId
    fabricObjectName fabricResourceId facets failedPatchCount failoverRecoveryPointId family fciRole featurePack
    features featureType fields file fileMetadataList fileName filePath fileType filter filters firmware
    firmwareType flags folder forceDelete forceUpdateTag fqdn frameworks freeSpaceInGb friendlyName fromDate
    full_name fullStepIndex functionalLevel gateway gatewayServiceUri generatedId generation goal groupCount groupId
    groupIds groupName guest_family guest_id guest_name guestAgentInstallStatus guestConfigurationEnabled
    guestConfigurationService guestDetailsDiscoveryTimestamp guestOsDetails h hardwareClass hardwareModel
    hardwareProfile hasDatabaseDependency hasErrors hash HCIClusterID headers health healthCategory healthCheckDate
    healthCheckResult healthCheckSource healthCheckTags healthErrors healthState highAvailability hitCount host
    hostCount hostFqdn hostFqdnList hostId hostInMaintenanceMode HostName hostName hostname hostNetwork
    hostPowerState hosts hostVersion hotpatchEnablementStatus httpProxy httpProxyConfig httpsProxy hvciProtection
    hydratedFqdn hydratedRunAsAccountId hyperthreadRatio hyperVFabricArmId hyperVGeneration hypervisor
    hypervisorVersionNumber hyperVSiteId ID id identifier identity identityProvider iisDiscovery imagePath
    imageReference imdsAttestation immutableId importType incomingConnectionsPorts info infraPerfLunId
    infrastructureNetwork infraVolLunId initialReplicationProgressPercentage innererror installationActivityId
    installedDate installedPatchCount installOrder instance instance_uuid instanceId instanceType instanceUuid
    instanceView intentAdapters intentName intents intentType interfaceDescription invoiceId ip4Address IPAddress
    ipAddress ipAddresses ipAddressList ipAddressType ipAddressVersion ipAllocationMethod ipConfigurationReferences
    ipConfigurations ipPools ipPoolType ipv4Address is_os isAccessLogValvePresent isAgentReportedError isClustered
    isClusteringPresent isComputeIntentSet isCustomerResolvable isDatabaseHighlyAvailable isDeleted
    isDependencyMapToBeEnabled isDeploymentTimeEditable isDynamic isDynamicMemoryEnabled isDynamicRam isEditable
    isEnterprise isExternalLoggingConfigured isFileServerSupported isGuestDetailsDiscoveryInProgress
    isHighAvailabilityEnabled isMacMigrationEnabled isManagementCluster isManagementIntentSet
    isMemoryOptimizedDataOptionEnabled isMemoryRealmPresent isMultiSubNet isMultiSubnet isNamedPipeEnabled
    isNetworkIntentType isolatedVmAttestationConfiguration isOnlyStorage isOnlyStretch isOSDisk isOsDisk
    isPartOfDistributedAvailabilityGroup isPrimaryNic isRefreshed isRegistered isResponsive isSessionTrackingPresent
    isStaticIpMigrationEnabled isStorageIntentSet isStretchIntentSet issueType isSupported isTcpIpEnabled isV2Site
    isVirtualDirectory jobArmId jobResult jobState jobType jumboPacket jvmVersion kbNumbersToExclude
    kbNumbersToInclude kernelVersion key keyData keyId KeyVaultId keyVaultId keyVaultUri KeyVaultUrl keyVaultUrl
    kind kinds ksdEnabled label lastAttemptDesiredVersion lastAttemptMessage lastAttemptStatus lastAttemptTimestamp
    lastBillingTimestamp lastChecked lastFailedEnableProtectionJob lastFailedPlannedFailoverJob lastHeartbeat
    lastHeartBeatUtc lastLicensingTimestamp lastLogGenerated lastModifiedAt lastModifiedBy lastModifiedByType
    lastModifiedDateTime lastRecoveryPointId lastRecoveryPointReceived lastRefreshArcStatusTime
    lastReplicationUpdateTime lastStatusChange lastSuccessfulPlannedFailoverTime lastSuccessfulSyncTime
    lastSuccessfulTestFailoverTime lastSuccessfulUnplannedFailoverTime lastSummaryRefreshedTime lastSyncTimestamp
    lastTestFailoverJob lastUpdated lastUpdatedTime lastUpdatedTimeUtc lcmUpdate level licenseAssignmentState
    licenseChannel licenseDetails licenseProfile licenseStatus licenseType link linuxConfiguration linuxParameters
    loadBalancingAlgorithm localAvailabilityZoneName localAvailabilityZones locale localFilePath localScratchPath
    location locationData locations logCollectionError logCollectionJobType logCollectionProperties
    logCollectionSessionDetails logCollectionStatus logEndTime logicalCpuCount logicalName logicalSectorBytes
    logSize logStartTime lun mac macAddress macAddressPoolStart macAddressPoolStop machineArmId machineArmIds
    machineCount machineDisplayName machineFqdn machineID machineId machineIds machineManagerId machineName
    machineOverviewList machineResourceId machines machinesHavingSqlServers machinesHavingWebServers
    maintenanceWindowExceeded managedBy managedPipelineMode managementServerType manufacturer mark marketplaceSkuId
    marketplaceSkuVersions marsAuthenticationIdentity masterSiteId maximumDuration maximumMemoryInMegaBytes
    maximumMemoryMB maxMemoryMb maxMemoryUsageInMb maxPatchPublishDate maxServerMemoryInUseInMb maxSizeInBytes
    maxSnapshots megabytesPerSecondOfRead megabytesPerSecondOfWrite memory_mb memoryInGiB memoryMB message
    messageParameters metadata method migrateAsArcVM migratedCount migrateDiskName migrationHubUri
    migrationProgressPercentage migrationReadyCount migrationSolutionId minimumMemoryInMegaBytes minimumMemoryMB
    minSbeVersionRequired mode model moid moment mountPath msiExpirationTimeStamp mssqlDiscovered name nameAvailable
    namedPipeName namingPrefix nestedSites network networkAdapterName networkAdapters networkController
    networkDirect networkDirectTechnology networkId networkInterfaces networkInThroughput networkName
    networkOutThroughput networkProfile networkSecurityPerimeter networkVirtualizationEnabled nextBillingModel
    nextHopIpAddress nextLink nicDetails nicId nics nicStatus nicsToInclude nicType nodeCapabilities nodeName nodes
    nodeSettings nodeType noProxy notActions notDataActions notifyMessage notSelectedPatchCount number
    numberOfAgDatabases numberOfApplications numberOfAvailabilityGroupsImported numberOfCoresPerSocket
    numberOfDatabasesImported numberOfDisks numberOfMachinesDeleted numberOfMachinesImported numberOfNetworkAdapters
    numberOfProcessorCore numberOfReadOperationsPerSecond numberOfSecurityRisks numberOfServersImported
    numberOfSnapshots numberOfSockets numberOfSoftware numberOfUserDatabases numberOfWriteOperationsPerSecond
    numOfLogins ObjectID objectId objectInternalId objectInternalName objectName objectType observability
    odataOptions oemActivation oemFamily offer offerId on operatingSystemDetails operationId operationType
    optionalServices oracleDiscovery origins osArchitecture osDisk osDiskImage osDisplayVersion osDistro osEdition
    osMajorVersion osName osProfile osSku osType osVariant osVersion other otherDatabases ours overprovisioningRatio
    overrideAdapterProperty overrideQosPolicy overrideVirtualSwitchConfiguration packageName
    packageNameMasksToExclude packageNameMasksToInclude packagePath packageSizeInMb packageType packageVersion
    packageVersions pageSize parent parentClusterResourceId parentReplicaOverview parentReplicaOverviewList
    partnerProperties password patchMode patchServiceUsed patchSettings path payload payloads pendingPatchCount
    percentageCpuUtilization percentageMemoryUtilization percentComplete performAutoResync perfStatisticsLevel
    perimeterGuid permissions perNodeDetails perNodeExtensionDetails physical physicalCpuCount physicalFullName
    physicalNode physicalNodes physicalPath physicalSectorBytes platform PolicyName policyName poolableDisksCount
    port portNumber possibleCauses power powerState powerStatus prefixLength prerequisites previewSource principalId
    principalType priorityValue8021Action_Cluster priorityValue8021Action_SMB priorityValue8021ActionCluster
    priorityValue8021ActionSmb privateEndpoint privateEndpointConnections privateEndpointState privateIPAddress
    privateLinkScopeId privateLinkScopeResourceId privateLinkServiceConnectionState privileges processGroupName
    processIds processName processorInfo processors processorType productFeatures productName productProfile
    productSupportStatus productType profile programYear progress progressPercentage properties protectedDisks
    protectedItemDetails protectedItemFriendlyName protectedItemName protectedNics protectedSettings protectionState
    protectionStateDescription protocol provider provisioningAction provisioningIssues provisioningState
    provisioningStatus provisionVMAgent provisionVMConfigAgent proxyBypass proxyUrl publicKey publicKeys
    publicNetworkAccess publisher publisherId publisherSasUri purpose qosPolicyOverrides question rawCertData
    rcmServiceUri rdm rdmaCapability reason rebootPending rebootRequired rebootSetting rebootStatus recipeContent
    recommendation recommendedAction recoveryPointHistoryInMinutes recoveryPointId recoveryPointTime
    recoveryPointType refreshSummaryState registeredTools registrationTimestamp releaseLink releaseTrain
    relyingPartyServiceEndpoint remediation remediationGuidance remoteSupportNodeSettings remoteSupportProperties
    remoteSupportProvisioningState remoteSupportSessionDetails remoteSupportType replicaCommitMode replicaReadMode
    replicaSeedMode replicaState replicaSyncStatus replicatingCount ReplicationExtensionName
    replicationExtensionName replicationHealth replicationProviderId replicationStorageAccountId replicaType
    reportedProperties requests requiredMembers requiredVersion requiredZoneNames resourceAccessIdentity
    resourceAssociation resourceGroup resourceId resourceLocation resourceName resourceProviderObjectId resources
    resourceType resourceUid resultTruncated resumeProgressPercentage resumeRetryCount resynchronizationState
    resyncProgressPercentage resyncRequired resyncRetryCount resyncState ring roleDefinitionId roleName roles routes
    routeTable runAsAccountCount runAsAccountId runAsAccounts runtimeVersion s s2d san sanNetworks sasUri
    sbeDeploymentInfo sbeDeploymentPackageInfo sbeManifest sbeManifestCreationDate sbeManifestSource sbePartnerInfo
    ScaleOutList scaleUnits scenarioName scope scopeType sdnIntegration secretLocation secretName secrets
    secretsLocation secretsLocations secretsType secretText section secure_boot secureBootEnabled secureBootTemplate
    secureBootTemplateId securedCoreCompliance securedCoreComplianceAssignment security securityComplianceStatus
    securityOption securityProfile securitySettings securityType seedDiskName selectionTypeForFailover sendToOwners
    serialNumber server serverCount serverFqdn serverPort serversOnLinux serversOnOther serversOnWindows serverType
    serviceConfigurations serviceEndpoint serviceName servicePack servicePrincipalIdentityDetails serviceResourceId
    services serviceStatuses sessionDetails sessionEndTime sessionId sessionPersistenceMechanism sessionStartTime
    settings severity shallowDiscoveryStatus sharedDiskCount sharePointServers sharing shieldingRequested
    shutdownSourceVM sideChannelMitigationEnforced signature siteAppliancePropertiesCollection SiteId sites
    sizeInBytes sizeInMB sizeInMb sizeMb skipToken sku skuMappings slot smbClusterEncryption
    smbEncryptionForIntraClusterTrafficComplianceAssignment smbSigningEnforced snapshots softwareAssurance
    softwareAssuranceCustomer softwareAssuranceIntent softwareAssuranceProperties softwareAssuranceStatus
    solutionType source sourceApplianceName sourceCpuCores sourceDiskId sourceDiskName sourceFabricAgentName
    sourceFabricProviderId sourceGatewayServiceId sourceMemoryInMegaBytes sourcePaths sourceSize
    sourceStorageContainerName sourceVmName springBootDiscovery sqlAvailabilityGroupReplicaInfo
    sqlDatabaseReplicaInfo sqlDiscovery sqlFciProperties sqlMetadataDiscoveryPipe sqlMetadataHydratedRunAsAccountId
    sqlServerArmId sqlServerName sqlServers sqlStartTime ssh start start_connected startDateTime startedBy
    startingAddress startTime startTimeUtc startupType state staticDiscovery staticFolders staticIpAddress status
    statuses steps storage storageAccountId storageAccountName storageAccountSasSecretName storageAdapterIPInfo
    storageConnectivitySwitchless storageContainerId storageContainerLocalPath storageContainers storageInUseGb
    storageNetworks storageProfile storageType storageVlanId streamingDataClient subnet subnetMask subnetName
    subnets subscriptionId subscriptionOrResourceGroupIds subscriptionStatus successfullyDiscoveredServerCount
    suggestedAccessRules suggestedResourceIds summary summaryMessage sumOfUserDatabasesSizeInMb supportAzStackTarget
    supportedCapabilities supportEndDate supportStatus switchDetails switchId switchName switchType symbolicName
    syncType systemCenters systemData t tags tagSyncMode target targetApplianceName targetArcClusterCustomLocationId
    targetAzStackHciClusterName targetCpuCores targetFabricAgentId targetFabricAgentName targetFabricId
    targetFabricProviderId targetFilePath targetGatewayServiceId targetHciClusterId targetLocation
    targetMemoryBuffer targetMemoryBufferPercentage targetMemoryInMegaBytes targetNetworkId targetResourceGroupId
    targetResourceID targetResourceName targetResourceType targetStorageContainerName targetVersion targetVmBiosId
    targetVmName taskName tasks tempDbSizeInMb template TenantID tenantId testFailoverState
    testFailoverStateDescription testMigratedCount testMigrateDiskName testNetworkId testVmName text thin time
    timeCollected timeOfOccurrence timestamp timeStarted timeZone title toDate tomcatDiscovery tool tools
    totalApplicationCount totalDatabaseCount totalDiskReadOperationsPerSecond totalDiskReadThroughput
    totalDiskWriteOperationsPerSecond totalDiskWriteThroughput totalInstanceCount totalRecords totalServerCount
    totalWebApplicationCount totalWebServerCount tpmEnabled trafficType transcriptLocation trialDaysRemaining
    trustedCa type typeHandlerVersion uefiSettings unit updatedAt updatedBy updatedOn updatedTimeStamp
    updatedTimestamp updateRollup updates updateStateProperties updateType uri url used useDhcp usedSpaceInBytes
    user userAssignedIdentities userName username uuid validationRequired validationStatus value VaultId vaultId
    vaultType vcenter vCenterCount vCenterFQDN vCenterFqdn vCenterId vcenterId version versionNumber vhdId virtual
    virtualApplications virtualizationBasedSecurityOptOut virtualPath virtualSwitchConfigurationOverrides
    visibleOnlineCoreCount vlan vlanId vmAgent vmConfigAgentVersion vmConfigStoragePathId
    vmConfigurationFileLocation vmFqdn vmId vmName vms vmSize vmSwitchName vmUuid vmwareFabricArmId vmwareSiteId
    vMwareToolsStatus vMwareToolsVersion volumeLicenseDetails volumeType warningCount wdacCompliance
    wdacComplianceAssignment wdacEnforced webAppArmId webAppDiscovery webApplicationCount webApplications webApps
    webServer webServerCount webServerId webServerName windowsConfiguration windowsParameters
    windowsServerSubscription witnessPath witnessType
    """.split()
)

# Words of enumerations.
ENUMS = frozenset(
    """
    Accepted ActionRequired Activated Active ActiveDirectory ActiveNode AdditionalContentRequired
    AgentServicePrincipal AgentUser Always Appliance Application ApplicationConsistent AppliedSuccessfully
    ApplyAndAutoCorrect Approved AppsAndRoles APT Arc Assessment Assigned Asynchronous Audit audit Automatic
    AutomaticByOS AutomaticByPlatform AvailabilityGroupReplica AVS AvsDiskPool AWS AzStackHCI Azure AzureMigrateCSV
    AzureMigrateCsv AzureStackLCMUserCredential BackupSecrets Basic Canceled CancelFailoverFailedOnPrimary
    CancelFailoverFailedOnRecovery CancelFailoverInProgressOnPrimary CancelFailoverInProgressOnRecovery
    CancelFailoverStatesBegin CancelFailoverStatesEnd Cancelled Cancelling ChangeRecoveryPointCompleted
    ChangeRecoveryPointFailed ChangeRecoveryPointInitiated ChangeRecoveryPointStatesBegin
    ChangeRecoveryPointStatesEnd CIFS CIM ClusterProvisioning ClusterUpgrade CollectLog CommitFailoverCompleted
    CommitFailoverFailedOnPrimary CommitFailoverFailedOnRecovery CommitFailoverInProgressOnPrimary
    CommitFailoverInProgressOnRecovery CommitFailoverStatesBegin CommitFailoverStatesEnd Completed
    CompletedWithErrors CompletedWithInformation CompletedWithWarnings Compliant ConfidentialVM
    ConfigurationPropagationFailure Connected ConnectedRecently ContinuePending CrashConsistent Created Creating
    Critical Custom CustomLocation DatabaseMigrationService DatabaseReplica Datacenter DataMigrationAssistant
    Deactivated Deallocated Deallocating Default default DefaultARBApplication Definition Deleted Deleting
    DependencyMap Deploy DeploymentFailed DeploymentInProgress DeploymentSuccess Device Diagnostics
    DiagnosticsAndRepair Disable Disabled DisableInProgress Disabling DisablingFailed DisablingProtection
    DisasterRecovery Disconnected Discovery DiscoveryFailed DiscoveryInProgress DiscoveryNotStarted
    DiscoveryPartiallySucceded DiscoverySucceeded DiscoverySucceededAtleastOnce DiscoveryTargets Distributed
    DownloadFailed Downloading DR Draining Dynamic Eligible Enable Enabled EnablevTPM Enabling EnablingFailed
    EnablingProtection enforced Enhanced EPS Error ESU Extended ExtendedGrace Fabric FabricAgent Failed
    FailoverJobDetails Failure False FeaturePack Filestream FirstParty FirstYear Fixed ForeignGroup full Fulltext
    GCP GrantInProgress Group HasPrerequisite HCI HealthCheckExpired HealthCheckFailed HealthChecking Hidden
    HyperVMigrate HyperVToAzStackHCI IfRequired ImageDefault ImportCsvServer ImportRvTools InActive Inactive Inbound
    Ineligible Info Informational Inherited Initializing InitialReplicationCompletedOnPrimary
    InitialReplicationCompletedOnRecovery InitialReplicationFailed InitialReplicationInProgress
    InitialReplicationStatesBegin InitialReplicationStatesEnd InMaintenance InProgress install InstallationFailed
    Installed Installing Internal Invalid Key Large learning Licensed Linux Local LocalAdminCredential LocalIdentity
    Log Mainstream ManagedIdentity Manual MarkedForDeletion Medium Migrate Migration MissingIdentityConfiguration
    MissingPerimeterConfiguration monitor Moving NeedsAttention Never NFS NFS41 No NoCloud NonCompliant None
    NonGenuineGrace Normal NotApplicable NotApplicableBecauseAnotherUpdateIsInProgress NotAssigned
    NotConnectedRecently NotEnabled Notification Notify NotNeeded NotSelected NotSpecified NotStarted NotSupported
    NotYetRegistered object Obsolete Off Offline OfflinePending OnDemand Online OnlinePending OOBGrace OOTGrace
    Other Outbound PartiallyConnected PartiallySucceeded Paused PausePending pCore Pending PendingEvaluation
    PendingOEMValidation Periodic PlannedFailoverCompleted PlannedFailoverCompleting PlannedFailoverCompletionFailed
    PlannedFailoverFailed PlannedFailoverInitiated PlannedFailoverTransitionStatesBegin
    PlannedFailoverTransitionStatesEnd Platform PMEM Policy PossibleOwnerNode PowerShell PreparationFailed
    PreparationInProgress PreparedForResynchronization Preparing Primary Processing Protected ProtectedItem
    ProtectedStatesBegin ProtectedStatesEnd Provisioning RackAware ReadOnly ReadWrite Ready ReadyToInstall Recalled
    Recovery RecoveryPlan RefreshFabricLayout RefreshFabricLayoutDependencyMap RefreshFabricLayoutGuest Rejected
    RemoteSupport repair Repairing ReplicationExtension ReprotectFailed ReprotectInitiated ReprotectStatesBegin
    ReprotectStatesEnd Required Resuming ResynchronizationCompleted ResynchronizationFailed
    ResynchronizationInitiated Revoke RevokeInProgress Rows RunAsAccountNotAssociated Running RVToolsXlsx S2D SAN
    SANS2D ScanFailed ScanInProgress Scheduled SCVMM Secondary SecondYear SecureBootEnabled SecuredByPerimeter
    Security SelectedByDefault SelectedByUser SelectedByUserOverride ServerAssessment ServerAssessmentV1
    ServerDiscovery ServerMigration Servers ServicePack ServicePrincipal Skipped Small SQLServerConnectionInfo SSH
    Standard Started StartedResynchronization Starting StartPending Static StaticData Stopped StopPending Stopping
    SubscriptionOrResourceGroupIds Succeeded Success Synchronized Synchronous system SystemAssigned
    TestFailoverCleanupCompleting TestFailoverCleanupInitiated TestFailoverCleanupJobDetails TestFailoverCompleted
    TestFailoverCompleting TestFailoverCompletionFailed TestFailoverFailed TestFailoverInitiated
    TestFailoverJobDetails ThinProvisioned ThirdParty ThirdYear Tools Traditional True TrustedLaunch uninstall
    Unknown Unlicensed UnplannedFailoverCompleted UnplannedFailoverCompleting UnplannedFailoverCompletionFailed
    UnplannedFailoverFailed UnplannedFailoverInitiated UnplannedFailoverTransitionStatesBegin
    UnplannedFailoverTransitionStatesEnd UnprotectedStatesBegin UnprotectedStatesEnd Unsynchronized UpdateAvailable
    Updated UpdateFailed UpdateInProgress UpdateRollUp Updates Updating UpgradeFailedRollbackSucceeded UpgradeYear
    UseDnsServer UseForwarder User user UserAssigned V1 V2 Validate ValidationFailed ValidationInProgress
    ValidationSuccess Vault vCore Verified VerifiedWithErrors VFFS vhd vhdx vippool vm VMFS VMware VMwareMigrate
    VMwareToAzStackHCI VMwareToAzStackHCIRecoveryPointModelCustomProperties VSAN VVOL WAC WaitingForBlobUpload
    Warning Windows WindowsIoTEnterprise WindowsServer WitnessStorageKey WU Yes YUM Zypper
    """.split()
)
